import NIOCore
import Synchronization

/// Closes a connection whose client is too slow.
///
/// A client has so many seconds to send a request, and as many again to take the answer. What passes between
/// the two is the server's own time.
final class Deadline: Sendable {
  private struct State {
    /// Since when the client is waited for; nil while the server works.
    var since: ContinuousClock.Instant? = .now
    var timer: Scheduled<Void>?
    var isOver = false
  }

  private let channel: any Channel
  private let limit: Duration
  private let state = Mutex(State())

  /// Waits for the client from now on.
  init(_ channel: any Channel, seconds: Int) {
    self.channel = channel
    limit = .seconds(seconds)
    schedule(in: limit)
  }

  /// The client has done its part.
  func pause() { state.withLock { $0.since = nil } }

  /// The client's part begins anew.
  func resume() { state.withLock { $0.since = .now } }

  /// Nothing is waited for any more.
  func end() {
    let timer = state.withLock { state in
      state.isOver = true
      defer { state.timer = nil }
      return state.timer
    }
    timer?.cancel()
  }

  private func schedule(in delay: Duration) {
    let timer = channel.eventLoop.scheduleTask(in: TimeAmount(delay)) { [weak self] () -> Void in
      self?.check()
    }
    let isOver = state.withLock { state in
      state.timer = timer
      return state.isOver
    }
    if isOver { timer.cancel() }
  }

  private func check() {
    let (since, isOver) = state.withLock { ($0.since, $0.isOver) }
    guard !isOver else { return }
    let waited = since.map { ContinuousClock.now - $0 } ?? .zero
    guard waited < limit else { return channel.close(mode: .all, promise: nil) }
    schedule(in: limit - waited)
  }
}
