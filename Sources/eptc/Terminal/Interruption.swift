import CEPTSystem
import Glibc

/// Ctrl-C as a question that a running loop can ask.
///
/// The second one ends the process at once. Signal handlers touch C atomics alone; Swift's own state is
/// not theirs to touch.
struct Interruption {
  private static let signals = [SIGINT, SIGTERM]

  /// Takes SIGINT and SIGTERM over for the rest of the process.
  init() {
    for number in Self.signals {
      _ = ept_signal_count_from_now(number, ExitStatus.interrupted.rawValue)
    }
  }

  /// Whether someone wants the work to end.
  var isRequested: Bool { Self.signals.contains { ept_signal_count($0) > 0 } }
}
