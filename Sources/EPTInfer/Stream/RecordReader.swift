import EPTSystem
import EPTTask

/// Reads, routes and tokenizes records, on a thread of its own.
final class RecordReader {
  private let lines: LineReader
  private let lineLimit: Int
  private var parser: RecordParser
  private var prompts: PromptSet
  private let reload: PromptReload
  private let keepsFields: Bool
  private let stopsAtFault: Bool
  private let queue: BoundedQueue<PendingRecord>

  init(
    _ input: InputFile, format: RecordFormat, prompts: PromptSet, reload: PromptReload,
    settings: StreamSettings, queue: BoundedQueue<PendingRecord>
  ) {
    lines = LineReader(input.bytes(), lineLimit: settings.lineLimit)
    lineLimit = settings.lineLimit
    parser = RecordParser(format)
    self.prompts = prompts
    self.reload = reload
    keepsFields = settings.keepsFields
    stopsAtFault = settings.onFault == .stop
    self.queue = queue
  }

  /// Puts all records into the queue, waiting for input and for room.
  func run() {
    do {
      while try step() {}
      queue.finish()
    } catch {
      queue.finish(throwing: error)
    }
  }

  /// One line or one wait; false at the end, or when nobody wants any more.
  private func step() throws -> Bool {
    switch try lines.next() {
    case .pause:
      queue.pause()
      try lines.wait()
      return true
    case .end:
      return false
    case .line(let line):
      if let replaced = reload.newPrompts() { prompts = replaced }
      guard let record = try pending(line) else { return true }
      return queue.put(record, cost: record.rows + line.bytes.count / 64 + 1)
    }
  }

  /// What a line asks, nil if it holds no record.
  private func pending(_ line: InputLine) throws -> PendingRecord? {
    var pending = PendingRecord(line: line.number, prompts: prompts)
    do {
      guard
        let record = try parser.record(line, input: lines.name, lineLimit: lineLimit)
      else { return nil }
      pending.id = record.id
      // Told twice: a record that cannot be routed has its fields handed on as well.
      if keepsFields { pending.kept = record.unread(by: prompts.prompts.map(\.fields)) }
      try pending.ask(record)
      if keepsFields {
        let asked = pending.questions.map { prompts.prompts[$0.place].fields }
        pending.kept = record.unread(by: asked)
      }
    } catch let fault as RecordFault {
      if stopsAtFault {
        throw InferError.badRecord(input: lines.name, line: line.number, fault: fault)
      }
      pending.fault = fault
    }
    return pending
  }
}
