import Glibc

/// A bar on standard error, if that is a terminal.
struct ProgressBar {
  private static let width = 30
  private static let pause = Duration.milliseconds(100)

  private let title: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let clock = ContinuousClock()
  private var lastShown: ContinuousClock.Instant?

  init(_ title: String) {
    self.title = title
  }

  /// Shows `done` of `total`, ten times a second at most.
  mutating func show(_ done: Int, of total: Int) {
    guard isTerminal, total > 0 else { return }
    if let lastShown, lastShown.duration(to: clock.now) < Self.pause { return }
    lastShown = clock.now
    let filled = Self.width * done / total
    let bar =
      String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
    writeError("\r\u{1B}[K\(title) [\(bar)] \(100 * done / total) %")
  }

  /// Takes the bar away.
  func end() {
    if lastShown != nil { writeError("\r\u{1B}[K") }
  }
}
