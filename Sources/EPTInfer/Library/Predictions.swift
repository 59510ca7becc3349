import EPTSystem
import EPTTask

/// The predictions of an asynchronous sequence of records.
public struct Predictions<Source: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Source.Element: RecordConvertible {
  public typealias Element = Prediction

  let source: Source
  let backbone: LoadedBackbone
  let prompts: PromptSet
  let batch: Int

  public func makeAsyncIterator() -> Iterator {
    Iterator(self)
  }

  /// Reads the source in a task of its own while the model computes.
  public struct Iterator: AsyncIteratorProtocol {
    private let sequence: Predictions
    private let reading: Reading
    private var ready: ArraySlice<Prediction> = []
    /// What ends the sequence once `ready` is empty.
    private var failure: (any Error)?
    private var recordsSeen = 0

    init(_ sequence: Predictions) {
      self.sequence = sequence
      reading = Reading(sequence.source, room: 2 * sequence.batch)
    }

    public mutating func next() async throws -> Prediction? {
      while true {
        if let prediction = ready.popFirst() { return prediction }
        if let failure { throw failure }
        let mailbox = reading.mailbox
        let limit = sequence.batch
        let records = try await withTaskCancellationHandler {
          try await mailbox.take(limit)
        } onCancel: {
          Task { await mailbox.close() }
        }
        guard !records.isEmpty else { return nil }
        try await answer(records)
      }
    }

    private mutating func answer(_ records: [Record]) async throws {
      var pending: [PendingRecord] = []
      for record in records {
        recordsSeen += 1
        var next = PendingRecord(line: recordsSeen, prompts: sequence.prompts)
        do {
          try next.ask(record)
          pending.append(next)
        } catch let fault as RecordFault {
          failure = InferError.badRecord(input: "records", line: recordsSeen, fault: fault)
          break
        }
      }
      let replies = try await sequence.replies(to: pending)
      for (record, replies) in zip(pending, replies) {
        let answers = replies.compactMap { $0 }
        guard answers.count == record.questions.count else {
          failure = InferError.badRecord(
            input: "records", line: record.line,
            fault: .noScore(prompt: sequence.prompts.prompts[0].name))
          return
        }
        ready.append(Prediction(record, answers))
      }
    }
  }

  /// Computes beside the pool of threads that asynchronous code shares.
  private func replies(to records: [PendingRecord]) async throws -> [[Reply?]] {
    try await withCheckedThrowingContinuation { continuation in
      let work: @Sendable () -> Void = {
        continuation.resume(
          with: Result {
            let replies = try Classifier(
              backbone.model, prompts, batchRows: StreamSettings().batchRows
            ).replies(to: records)
            try backbone.requireUnchanged()
            return replies
          })
      }
      do {
        try BackgroundThread.start("to compute with", work)
      } catch {
        work()
      }
    }
  }
}

/// A task that reads records; it ends when nobody holds this object any more.
private final class Reading: Sendable {
  let mailbox: Mailbox
  private let task: Task<Void, Never>

  init<Source: AsyncSequence & Sendable>(_ source: Source, room: Int)
  where Source.Element: RecordConvertible {
    let mailbox = Mailbox(room: room)
    self.mailbox = mailbox
    task = Task {
      do {
        for try await element in source {
          guard await mailbox.put(element.record) else { return }
        }
        await mailbox.finish(nil)
      } catch {
        await mailbox.finish(error)
      }
    }
  }

  deinit {
    task.cancel()
    let mailbox = mailbox
    Task { await mailbox.close() }
  }
}

/// Records on their way from who reads to who computes.
private actor Mailbox {
  private let room: Int
  private var records: [Record] = []
  private var isFinished = false
  private var isClosed = false
  private var failure: (any Error)?
  /// Who waits for room, and who waits for records.
  private var waiting:
    (reader: CheckedContinuation<Void, Never>?, taker: CheckedContinuation<Void, Never>?)

  init(room: Int) {
    self.room = room
  }

  /// Puts a record in when there is room; false if nobody takes any more.
  func put(_ record: Record) async -> Bool {
    while records.count >= room, !isClosed {
      await withCheckedContinuation { waiting.reader = $0 }
    }
    guard !isClosed else { return false }
    records.append(record)
    wakeTaker()
    return true
  }

  func finish(_ error: (any Error)?) {
    isFinished = true
    failure = error
    wakeTaker()
  }

  /// The records that are there, at most `limit`, waiting for the first; none at the end.
  func take(_ limit: Int) async throws -> [Record] {
    while records.isEmpty, !isFinished, !isClosed {
      await withCheckedContinuation { waiting.taker = $0 }
    }
    if isClosed { throw CancellationError() }
    if records.isEmpty, let failure { throw failure }
    let taken = Array(records.prefix(limit))
    records.removeFirst(taken.count)
    wakeReader()
    return taken
  }

  /// Tells that nobody takes records any more.
  func close() {
    isClosed = true
    wakeReader()
    wakeTaker()
  }

  private func wakeReader() {
    waiting.reader?.resume()
    waiting.reader = nil
  }

  private func wakeTaker() {
    waiting.taker?.resume()
    waiting.taker = nil
  }
}
