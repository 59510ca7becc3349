import Dispatch
import Glibc
import Synchronization

/// Ctrl-C as a question that a running loop can ask.
///
/// The second one ends the process at once.
final class Interruption: Sendable {
  private let requested: Atomic<Bool>
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  /// Takes SIGINT and SIGTERM over for the rest of the process.
  init() {
    requested = Atomic(false)
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    for source in sources {
      source.setEventHandler { [weak self] in
        guard let self else { return }
        if requested.exchange(true, ordering: .relaxed) {
          exit(ExitStatus.interrupted.rawValue)
        }
      }
      source.resume()
    }
  }

  /// Whether someone wants the work to end.
  var isRequested: Bool { requested.load(ordering: .relaxed) }
}
