import EPTData
import EPTSystem
import EPTTask

/// Reads, routes and tokenizes records, on a thread of its own where there is one.
final class RecordReader {
  private let reader: DataReader
  private var parser: RecordParser
  private var prompts: PromptSet
  private let reload: PromptReload
  private let keepsFields: Bool
  private let stopsAtFault: Bool
  private let queue: BoundedQueue<PendingRecord>
  private let formatFound: (@Sendable (String) -> Void)?
  private var hasBegun = false
  private var isDone = false

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
    advance { false }
  }

  /// Puts records into the queue until it has enough for who takes `count` of them or up to `cost`, the input
  /// pauses or it ends.
  ///
  /// For a thread that then takes them itself, so that nothing waits for room.
  func readBatch(count: Int, cost: Int) {
    advance { queue.isReady(count: count, cost: cost) }
  }

  /// Reads until `isEnough` holds or the input ends.
  private func advance(until isEnough: () -> Bool) {
    guard !isDone else { return }
    do {
      if !hasBegun {
        try reader.begin()
        formatFound?("\(reader.name): \(reader.title)")
        hasBegun = true
      }
      while !isEnough() {
        switch try step() {
        case .record: break
        case .pause:
          queue.pause()
          if isEnough() { return }
          try reader.wait()
        case .end:
          isDone = true
          return queue.finish()
        }
      }
    } catch {
      isDone = true
      queue.finish(throwing: error)
    }
  }

  private enum Step {
    case record, pause, end
  }

  /// One record, if that needs no waiting; the end also when nobody wants any more.
  private func step() throws -> Step {
    switch try reader.next() {
    case .pause: return .pause
    case .end: return .end
    case .record(let record):
      if let replaced = reload.newPrompts() { prompts = replaced }
      guard let pending = try pending(record) else { return .record }
      let isTaken = queue.put(pending, cost: pending.rows + record.size / 64 + 1)
      return isTaken ? .record : .end
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
