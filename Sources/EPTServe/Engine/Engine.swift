import EPTInfer
import EPTSystem
import Synchronization

/// Answers the questions of all requests, on a thread of its own.
///
/// Questions that wait at the same time share batches, whatever their requests and tasks. Network threads
/// never compute.
final class Engine: Sendable {
  private struct Item: Sendable {
    let job: Job
    let index: Int
    let question: Question
  }

  private let model: InferenceModel
  private let settings: ServeSettings
  private let queue: BatchQueue<Item>
  private let metrics: ServeMetrics
  /// Why no answer can be trusted any more.
  private let fault = Mutex<ServeError?>(nil)

  init(_ model: InferenceModel, _ settings: ServeSettings, _ metrics: ServeMetrics) {
    self.model = model
    self.settings = settings
    self.metrics = metrics
    queue = BatchQueue(room: settings.queue)
  }

  /// Begins to answer; to be called once.
  ///
  /// - Throws: `SystemError.noThread`.
  func start() throws {
    try BackgroundThread.start("to compute with") { [self] in run() }
  }

  /// Lets the thread end when all that waits is answered.
  func stop() { queue.finish() }

  /// How many texts wait.
  var waiting: Int { queue.count }

  /// Refuses where `count` texts would not fit or nothing can be answered, before work is done on them.
  ///
  /// - Throws: `ServeError.overloaded` or `.unusable`.
  func requireRoom(for count: Int) throws(ServeError) {
    if let fault = fault.withLock({ $0 }) { throw fault }
    guard queue.hasRoom(for: count) else { throw .overloaded }
  }

  /// The answers to `questions`, at least one, in order.
  ///
  /// - Throws: `ServeError.overloaded`, `.unusable` or `.failed`.
  func answers(to questions: [Question]) async throws -> [Job.Answer] {
    try await withCheckedThrowingContinuation { continuation in
      let job = Job(count: questions.count, continuation)
      let isTaken = queue.put(
        questions.enumerated().map { index, question in
          (Item(job: job, index: index, question: question), question.rows)
        })
      if !isTaken { job.fail(ServeError.overloaded) }
    }
  }

  private func run() {
    let wait = UInt64(settings.longestWait) * 1_000_000
    while case let items = queue.take(
      count: settings.batch, cost: settings.batchRows, wait: wait), !items.isEmpty
    {
      do {
        let start = ContinuousClock.now
        let answers = try model.answers(to: items.map(\.question), rows: settings.batchRows)
        metrics.count(batch: items.count, took: ContinuousClock.now - start)
        for (item, answer) in zip(items, answers) { item.job.answer(item.index, answer) }
      } catch {
        let fault = note(error)
        for item in items { item.job.fail(fault) }
      }
    }
  }

  private func note(_ error: any Error) -> ServeError {
    guard case SystemError.changed = error else { return .failed(reason: "\(error)") }
    let fault = ServeError.unusable(reason: "\(error)")
    self.fault.withLock { $0 = fault }
    return fault
  }
}
