extension String {
  /// The text as one line that is safe to show.
  ///
  /// Control characters, line ends and bytes that are no UTF-8 are escaped. Characters beyond 2,000
  /// are left out.
  public var printable: String { printable(limit: 2_000) }

  /// The text as one line that is safe to show, of at most `limit` scalars before escaping.
  public func printable(limit: Int) -> String {
    // Most texts are plain ASCII.
    if utf8.count <= limit, utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
    var line = ""
    for scalar in unicodeScalars.prefix(limit) {
      if let byte = PathBytes.byte(standingFor: scalar) {
        line += "\\x\(String(byte, radix: 16))"
        continue
      }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        line += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
