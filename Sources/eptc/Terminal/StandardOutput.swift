import EPTFormat
import EPTSystem
import Glibc

/// Standard output, every write of which is checked.
///
/// All throw `CommandError.output` where it cannot be written, `.closedOutput` where nobody reads.
enum StandardOutput {
  /// Writes `text` and a line end, for people.
  ///
  /// Control characters other than line ends and tabs are escaped, and so are bytes of names of files that
  /// are no UTF-8.
  static func print(_ text: String) throws {
    var line = ""
    for scalar in text.unicodeScalars {
      if let byte = PathBytes.byte(standingFor: scalar) {
        line += "\\x" + String(byte, radix: 16)
      } else if scalar == "\n" || scalar == "\t" {
        line.unicodeScalars.append(scalar)
      } else {
        append(scalar, to: &line)
      }
    }
    try write(Array((line + "\n").utf8))
  }

  /// Writes `json` and a line end.
  static func print(_ json: JSON, indented: Bool = false) throws {
    var text = ""
    for scalar in json.serialized(indented: indented).unicodeScalars {
      // The line ends are those between members; JSON has no others.
      if scalar == "\n" { text += "\n" } else { append(scalar, to: &text) }
    }
    try write(Array((text + "\n").utf8))
  }

  /// Writes `columns` with tabs between and a line end, for scripts: names of files byte by byte as they are.
  static func print(columns: [String]) throws {
    try write(Array(columns.map(PathBytes.bytes).joined(separator: [0x09])) + [0x0A])
  }

  /// Appends `scalar`, as JSON escapes it if it is a control character.
  private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
    // None is beyond U+009F.
    guard scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) else {
      text.unicodeScalars.append(scalar)
      return
    }
    let digits = String(scalar.value, radix: 16)
    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }

  private static func write(_ bytes: [UInt8]) throws {
    do {
      try DescriptorOutput.write(bytes, to: STDOUT_FILENO)
    } catch .closed {
      throw CommandError.closedOutput
    } catch .system(let reason) {
      throw CommandError.output(reason: reason)
    }
  }
}
