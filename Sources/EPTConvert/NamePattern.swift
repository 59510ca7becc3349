import Glibc

/// A POSIX extended regular expression, as `grep -E` has them.
///
/// The C library's: Swift's regular expressions take their time to be loaded at the start of every
/// command.
final class NamePattern {
  private var expression = regex_t()

  /// Compiles `pattern`.
  ///
  /// - Throws: `ConvertError.badPattern`.
  init(_ pattern: String) throws {
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

  deinit {
    regfree(&expression)
  }

  /// Whether the pattern fits somewhere in `name`.
  func fits(_ name: String) -> Bool {
    regexec(&expression, name, 0, nil, 0) == 0
  }
}
