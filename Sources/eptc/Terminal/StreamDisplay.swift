import EPTInfer
import Glibc

/// Shows the progress of a stream on standard error: a bar on a terminal if the input has a size,
/// and at the end a summary of what was wrong.
struct StreamDisplay {
  private static let barWidth = 24

  private let isQuiet: Bool
  /// Bytes to read; nil where no bar is shown.
  private let size: Int?
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var lastShown: ContinuousClock.Instant?

  /// A bar needs an input of known size, and answers that do not go to the same terminal.
  init(isQuiet: Bool, inputSize: Int?, writesFile: Bool = false) {
    self.isQuiet = isQuiet
    let hasTerminal =
      isatty(STDERR_FILENO) == 1 && (writesFile || isatty(STDOUT_FILENO) == 0)
    size = hasTerminal && !isQuiet ? inputSize : nil
    start = clock.now
  }

  /// Shows how far the stream is, ten times a second at most.
  mutating func show(_ counts: StreamCounts, bytesRead: Int) {
    guard let size else { return }
    if let lastShown, lastShown.duration(to: clock.now) < .milliseconds(100) { return }
    lastShown = clock.now
    writeError("\r\u{1B}[K" + line(counts, bytesRead: bytesRead, of: size))
  }

  private func line(_ counts: StreamCounts, bytesRead: Int, of size: Int) -> String {
    let share = size > 0 ? min(1, Double(bytesRead) / Double(size)) : 1
    let filled = Int(share * Double(Self.barWidth))
    let bar =
      String(repeating: "#", count: filled)
      + String(repeating: ".", count: Self.barWidth - filled)
    let passed = Self.seconds(start.duration(to: clock.now))
    var line = "[\(bar)] \(Int(share * 100)) %  \(counts.records) records"
    if passed > 0 { line += "  \(Int(min(Double(counts.records) / passed, 1e9))) lines/s" }
    if share > 0, share < 1 {
      let left = Int(min(passed * (1 - share) / share, 1e9).rounded())
      line += "  \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
    }
    return line
  }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
  }

  /// Takes the bar away.
  func clear() {
    if lastShown != nil { writeError("\r\u{1B}[K") }
  }

  /// Tells the counts if a bar was shown or something was not as it should be.
  func end(_ counts: StreamCounts) {
    clear()
    guard !isQuiet, lastShown != nil || counts.faults > 0 || counts.cutTexts > 0 else { return }
    var parts = ["\(counts.records) records"]
    if counts.faults > 0 { parts.append("\(counts.faults) of them could not be answered") }
    if counts.cutTexts > 0 {
      parts.append("\(counts.cutTexts) texts cut at their prompt's input length")
    }
    report(parts.joined(separator: ", "))
  }

  /// Tells what came of loading prompts again.
  static func show(_ outcome: PromptReload.Outcome, isQuiet: Bool) {
    switch outcome {
    case .loaded(let names):
      if !isQuiet { report("loaded again: \(names.joined(separator: ", "))") }
    case .failed(let error):
      report("prompts not loaded again, the old ones stay: \(FlagNames.message(error))")
    }
  }
}
