import Glibc

/// Numbers as people read them.
enum Figures {
  /// `value` with `places` digits behind the point.
  static func decimals(_ value: Double, _ places: Int) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    let unit = pow(10, Double(places))
    let scaled = Int((value * unit).rounded())
    let digits = String(abs(scaled))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return (scaled < 0 ? "-" : "") + padded.dropLast(places) + (places > 0 ? "." : "")
      + padded.suffix(places)
  }

  /// `value` with three significant digits, in powers of ten where it is small.
  static func scientific(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    var exponent = Int(log10(abs(value)).rounded(.down))
    var mantissa = decimals(value / pow(10, Double(exponent)), 2)
    if mantissa.hasPrefix("10") || mantissa.hasPrefix("-10") {
      exponent += 1
      mantissa = decimals(value / pow(10, Double(exponent)), 2)
    }
    return "\(mantissa)e\(exponent)"
  }

  /// `[30522, 384]`.
  static func shape(_ sizes: [Int]) -> String {
    "[\(sizes.map(String.init).joined(separator: ", "))]"
  }

  /// The most memory that this program has had in use so far, in bytes.
  static var peakMemory: Int {
    if let status = fopen("/proc/self/status", "r") {
      defer { fclose(status) }
      var line = [CChar](repeating: 0, count: 256)
      while fgets(&line, Int32(line.count), status) != nil {
        let text = line.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }
        let words = String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\t" }
        if words.count > 1, words[0] == "VmHWM:", let kilobytes = Int(words[1]) {
          return kilobytes * 1_024
        }
      }
    }
    // Never less than what the program had that started this one.
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1_024
  }
}
