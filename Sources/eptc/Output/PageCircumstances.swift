import EPTCommandLine
import Glibc

/// When and where a page is made, in one line.
enum PageCircumstances {
  /// Such as `Page made 2026-11-29 12:30 UTC by eptc 0.2.0, on AMD EPYC 9B45.` and how rows were scored.
  ///
  /// - Parameters:
  ///   - threads: How many threads scored the rows; nil if none were scored.
  ///   - seconds: How long that took.
  /// - Returns: One sentence.
  static func line(threads: Int?, seconds: Double) -> String {
    var parts = ["Page made \(now) by eptc \(EPTC.configuration.version)"]
    if let processor { parts.append("on \(processor)") }
    if let threads {
      let tenths = Int((seconds * 10).rounded())
      parts.append(
        "rows scored with \(threads) thread\(threads == 1 ? "" : "s") in \(tenths / 10).\(tenths % 10) s"
      )
    }
    return parts.joined(separator: ", ") + "."
  }

  /// The time of day, to the minute.
  private static var now: String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(1900 + Int(parts.tm_year))-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
  }

  /// The processor's name as the system has it; nil where it has none.
  private static var processor: String? {
    guard let file = fopen("/proc/cpuinfo", "r") else { return nil }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 512)
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let line = String(
        decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard line.hasPrefix("model name"), let colon = line.firstIndex(of: ":") else { continue }
      let name = line[line.index(after: colon)...].split(separator: " ").joined(separator: " ")
      return name.split(separator: "\n").first.map(String.init)
    }
    return nil
  }
}
