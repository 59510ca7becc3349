import EPTData
import EPTModel
import EPTSystem
import EPTTask

/// Answers the records of an input in order, one line a record.
///
/// One thread reads, routes and tokenizes; the caller's computes and writes. Between them stands
/// a bounded queue, so that a slow reader of the answers holds up the reading of the input. Where the
/// system gives no thread, the caller's does both by turns.
public final class AnswerStream {
  /// Loads the prompts again when asked.
  public let reload: PromptReload
  private let input: InputFile
  private let backbone: LoadedBackbone
  private let format: RecordFormat
  private let prompts: PromptSet
  private let responder: any Responder
  private let writer: AnswerWriter
  private let settings: StreamSettings
  /// What of the next line has been written already.
  private let begun: BegunLine
  /// Hears what the input was found to be, on another thread, where the caller left that open.
  public var formatFound: (@Sendable (String) -> Void)?

  /// Connects input and output.
  ///
  /// `report` hears what comes of loading prompts again, on another thread.
  ///
  /// `requests` tells how often someone has asked so far, in some other way than by `reload`, for the
  /// prompts to be loaded again: a program's count of a signal, say. It is asked before each line.
  ///
  /// - Throws: `TaskError`, `ModelError` or `InferError` for bundles that are not usable with
  ///   `backbone`.
  public init(
    _ input: InputFile, as format: RecordFormat, prompts bundles: PromptBundles,
    on backbone: LoadedBackbone, to writer: AnswerWriter, settings: StreamSettings,
    requests: @escaping @Sendable () -> UInt = { 0 },
    report: @escaping @Sendable (PromptReload.Outcome) -> Void
  ) throws {
    self.input = input
    self.backbone = backbone
    self.format = format
    self.writer = writer
    self.settings = settings
    prompts = try bundles.prepared(on: backbone, for: settings.embedding)
    let begun = BegunLine(writer)
    self.begun = begun
    responder =
      if let generation = settings.generation {
        try TextGenerator(
          backbone, generation, stops: settings.stops, batchRows: settings.batchRows,
          progress: settings.showsProgress ? { begun.show($0) } : nil)
      } else if let embedding = settings.embedding {
        Embedder(backbone, prompts, embedding, batchRows: settings.batchRows)
      } else {
        try Classifier(backbone.model, prompts, batchRows: settings.batchRows)
      }
    reload = PromptReload(
      bundles.source, on: backbone, for: settings.embedding, requests: requests, report: report)
  }

  /// Answers until the input ends; `progress` hears of each batch that has been written.
  ///
  /// - Throws: `InferError`, `ModelError`. Answers to earlier records are written by then.
  public func run(progress: (StreamCounts) -> Void = { _ in }) throws -> StreamCounts {
    // Two batches: one that is computed, one that is read meanwhile.
    let queue = BoundedQueue<PendingRecord>(room: 2 * settings.batchRows)
    defer { queue.cancel() }
    let reader = RecordReader(
      input, format: format, prompts: prompts, reload: reload, settings: settings, queue: queue,
      formatFound: formatFound)
    // Nothing here touches the reader again where another thread has it.
    nonisolated(unsafe) let handedOver = reader
    let hasThread = (try? BackgroundThread.start("to read with") { handedOver.run() }) != nil
    func nextBatch() throws -> [PendingRecord] {
      // Where the system gives no thread, this one reads and answers by turns.
      let (count, cost) = (settings.batch, settings.batchRows)
      if !hasThread { reader.readBatch(count: count, cost: cost) }
      return try queue.take(count: count, cost: cost)
    }
    var counts = StreamCounts()
    var needsHeader = writer.hasHeader
    while case let records = try nextBatch(), !records.isEmpty {
      if needsHeader { try writeHeader(records[0]) }
      needsHeader = false
      try answer(records, counting: &counts)
      progress(counts)
    }
    if needsHeader { try writeHeader(PendingRecord(line: 0, prompts: prompts)) }
    return counts
  }

  private func writeHeader(_ record: PendingRecord) throws {
    var lines = AnswerLines()
    writer.appendHeader(record, generates: settings.generation != nil, to: &lines)
    try writer.write(lines)
  }

  private func answer(_ records: [PendingRecord], counting counts: inout StreamCounts) throws {
    let answered = try replies(to: records)
    let shown = begun.take()
    // Numbers of two files must not pass for answers.
    try backbone.requireUnchanged()
    var lines = AnswerLines()
    for (record, replies) in answered {
      if let fault = record.fault {
        let error = InferError.badRecord(input: input.name, line: record.line, fault: fault)
        if settings.onFault == .stop {
          try writer.write(lines)
          throw error
        }
        counts.faults += 1
        writer.append(
          error: settings.onFault == .record ? "\(error)" : nil, of: record, to: &lines)
      } else {
        writer.append(replies, of: record, to: &lines)
      }
      counts.records += 1
      counts.cutTexts += record.cutTexts
    }
    lines.continueLine(from: shown)
    try writer.write(lines)
  }

  /// The records with the replies to their questions; a record that the model cannot answer has a fault
  /// instead.
  private func replies(
    to records: [PendingRecord]
  ) throws -> [(record: PendingRecord, replies: [Reply])] {
    zip(records, try responder.results(for: records)).map { record, result in
      switch result {
      case .success(let replies): (record, replies)
      case .failure(let fault): (record.failing(fault), [])
      }
    }
  }
}
