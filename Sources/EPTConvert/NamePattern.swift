import EPTSystem
import Glibc

/// A POSIX extended regular expression, as `grep -E` has them.
///
/// The C library's: Swift's regular expressions take their time to be loaded at the start of every
/// command.
final class NamePattern {
  private var expression = regex_t()

  /// The most bytes of a pattern; deeper nesting than fits could exhaust the library's stack.
  static let longest = 1_000
  /// The most repetitions that a pattern may ask for by numbers, all of them multiplied: the library
  /// writes each out.
  static let mostRepetitions = 1_000

  /// Compiles `pattern`.
  ///
  /// - Throws: `ConvertError.badPattern`, also for one whose compilation or use could take memory or
  ///   time without bound.
  init(_ pattern: String) throws {
    if let reason = Self.excess(pattern) {
      throw ConvertError.badPattern(pattern: pattern.printable(limit: 80), reason: reason)
    }
    let code = regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB)
    guard code == 0 else {
      var text = [CChar](repeating: 0, count: 256)
      regerror(code, &expression, &text, text.count)
      throw ConvertError.badPattern(
        pattern: pattern,
        reason: String(
          decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
  }

  /// Why `pattern` asks for too much, nil if it does not.
  private static func excess(_ pattern: String) -> String? {
    let bytes = Array(pattern.utf8)
    guard bytes.count <= longest else { return "it has more than \(longest) bytes" }
    guard !bytes.contains(0) else { return "it has a zero byte" }
    var (repetitions, index) = (1, 0)
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\\") {
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        if (0x31...0x39).contains(next) { return "references to groups are not supported" }
        index += 2
        continue
      }
      if bytes[index] == UInt8(ascii: "{") {
        let numbers = bytes[(index + 1)...].prefix { $0 != UInt8(ascii: "}") }
          .split(separator: UInt8(ascii: ","))
          .map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
        let most = max(1, numbers.max() ?? 1)
        let (product, overflows) = repetitions.multipliedReportingOverflow(by: most)
        guard !overflows, product <= mostRepetitions else {
          return "its repetitions exceed \(mostRepetitions) together"
        }
        repetitions = product
      }
      index += 1
    }
    return nil
  }

  deinit {
    regfree(&expression)
  }

  /// Whether the pattern fits somewhere in `name`.
  func fits(_ name: String) -> Bool {
    regexec(&expression, name, 0, nil, 0) == 0
  }
}
