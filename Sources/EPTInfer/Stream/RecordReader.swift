import EPTData
import EPTSystem
import EPTTask

/// Reads, routes and tokenizes records, on a thread of its own.
final class RecordReader {
  private let reader: DataReader
  private var parser: RecordParser
  private var prompts: PromptSet
  private let reload: PromptReload
  private let keepsFields: Bool
  private let stopsAtFault: Bool
  private let queue: BoundedQueue<PendingRecord>
  private let formatFound: (@Sendable (String) -> Void)?

  init(
    _ input: InputFile, format: RecordFormat, prompts: PromptSet, reload: PromptReload,
    settings: StreamSettings, queue: BoundedQueue<PendingRecord>,
    formatFound: (@Sendable (String) -> Void)? = nil
  ) {
    self.formatFound = format.reading.format == nil ? formatFound : nil
    reader = DataReader(
      input, format.reading, isStrict: false, recordLimit: settings.lineLimit)
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
      try reader.begin()
      formatFound?("\(reader.name): \(reader.title)")
      while try step() {}
      queue.finish()
    } catch {
      queue.finish(throwing: error)
    }
  }

  /// One record or one wait; false at the end, or when nobody wants any more.
  private func step() throws -> Bool {
    switch try reader.next() {
    case .pause:
      queue.pause()
      try reader.wait()
      return true
    case .end:
      return false
    case .record(let record):
      if let replaced = reload.newPrompts() { prompts = replaced }
      guard let pending = try pending(record) else { return true }
      return queue.put(pending, cost: pending.rows + record.size / 64 + 1)
    }
  }

  /// What a record asks, nil for a header.
  private func pending(_ raw: DataRecord) throws -> PendingRecord? {
    var pending = PendingRecord(line: raw.line, prompts: prompts)
    do {
      guard
        let record = try parser.record(
          raw, reader.format, prompts: prompts.prompts.map(\.fields), input: reader.name)
      else { return nil }
      pending.id = record.id
      // Told twice: a record that cannot be routed has its fields kept as well.
      if keepsFields { pending.kept = record.unread(by: prompts.prompts.map(\.fields)) }
      try pending.ask(record)
      if keepsFields {
        let asked = pending.questions.map { prompts.prompts[$0.place].fields }
        pending.kept = record.unread(by: asked)
      }
    } catch let fault as RecordFault {
      if stopsAtFault {
        throw InferError.badRecord(input: reader.name, line: raw.line, fault: fault)
      }
      pending.fault = fault
    }
    return pending
  }
}
