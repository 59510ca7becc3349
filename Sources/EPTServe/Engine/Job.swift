import EPTInfer
import Synchronization

/// The questions of one request, whose answers come from one or several batches.
final class Job: Sendable {
  typealias Answer = Result<[Float], RecordFault>

  private struct State {
    var answers: [Answer?]
    /// How many are still to come.
    var left: Int
    /// Who waits; nil once it has been told.
    var continuation: CheckedContinuation<[Answer], any Error>?
  }

  private let state: Mutex<State>

  /// A job of `count` questions, at least one.
  init(count: Int, _ continuation: CheckedContinuation<[Answer], any Error>) {
    state = Mutex(
      State(
        answers: Array(repeating: nil, count: count), left: count, continuation: continuation))
  }

  /// Notes the answer to question `index`; the last one wakes who waits.
  func answer(_ index: Int, _ answer: Answer) {
    let done = state.withLock { state -> (CheckedContinuation<[Answer], any Error>, [Answer])? in
      guard state.answers[index] == nil else { return nil }
      state.answers[index] = answer
      state.left -= 1
      guard state.left == 0, let continuation = state.continuation else { return nil }
      state.continuation = nil
      return (continuation, state.answers.compactMap { $0 })
    }
    done?.0.resume(returning: done?.1 ?? [])
  }

  /// Wakes who waits with an error, unless that has happened.
  func fail(_ error: any Error) {
    let continuation = state.withLock { state in
      defer { state.continuation = nil }
      return state.continuation
    }
    continuation?.resume(throwing: error)
  }
}
