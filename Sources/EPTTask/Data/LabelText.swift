import EPTData
import EPTSystem

/// Labels as files write them.
enum LabelText {
  /// A label that differs from another in what a reader hardly sees.
  struct Lookalike: Equatable {
    let first: String
    let second: String
    /// In what they differ.
    let difference: String
  }

  /// Whether `label` is a missing value, as pandas writes it.
  static func isMissing(_ label: String) -> Bool {
    label.isEmpty || label.lowercased() == "nan"
  }

  /// The longest text that may end a label's part.
  static let longestEnd = 64

  /// What stands in `label` before `end`; all of it where that is nil or does not stand there.
  static func part(of label: String, until end: String?) -> String {
    guard let end else { return label }
    let (bytes, sign) = (Array(label.utf8), Array(end.utf8))
    let place = bytes.indices.first { bytes[$0...].starts(with: sign) }
    return place.map { String(decoding: bytes[..<$0], as: UTF8.self) } ?? label
  }

  /// `1` for `1.0`; nil for what is no whole number with a fraction of zeros.
  static func withoutFraction(_ label: String) -> String? {
    let parts = label.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, parts[1].utf8.allSatisfy({ $0 == 0x30 }),
      Int(parts[0]) != nil
    else { return nil }
    // A minus before zero makes no other class.
    return Int(parts[0]) == 0 && parts[0].hasPrefix("-")
      ? String(parts[0].dropFirst()) : String(parts[0])
  }

  /// The pairs of `labels` that differ in blanks, case or invisible characters only, or are one number.
  static func lookalikes(_ labels: [String]) -> [Lookalike] {
    var firstOfKey: [String: String] = [:]
    return labels.compactMap { label in
      let text = String(String.UnicodeScalarView(visible(label))).lowercased()
      let key = plainNumber(text) ?? text
      guard let first = firstOfKey[key] else {
        firstOfKey[key] = label
        return nil
      }
      return Lookalike(first: first, second: label, difference: difference(first, label))
    }
  }

  private static func difference(_ first: String, _ second: String) -> String {
    // Swift takes texts as equal that Unicode calls equivalent.
    if first == second { return "how accents are coded (Unicode normalization)" }
    if first.lowercased() == second.lowercased() { return "case" }
    let numbers = [first, second].map { String(String.UnicodeScalarView(visible($0))).lowercased() }
    if numbers[0] != numbers[1] { return "the spelling of a number" }
    let blanks = [first, second].map { $0.unicodeScalars.filter { !$0.properties.isWhitespace } }
    return blanks[0].elementsEqual(blanks[1]) ? "blanks" : "characters that are not seen"
  }

  /// `1` for `01`, `+1`, `1.0` and `1e0`; nil for what is no number, or too large to be told exactly.
  private static func plainNumber(_ text: String) -> String? {
    if let number = Int(text) { return String(number) }
    guard let number = Double(text), abs(number) < 0x1p53 else { return nil }
    return Int(exactly: number).map(String.init) ?? String(number)
  }

  private static func visible(_ label: String) -> [Unicode.Scalar] {
    label.unicodeScalars.filter { scalar in
      !scalar.properties.isWhitespace && !scalar.properties.isDefaultIgnorableCodePoint
        && scalar.properties.generalCategory != .control
        && scalar.properties.generalCategory != .format
    }
  }

  /// What is wrong with a list in the column `name`, of a task whose rows have one label.
  static func listFault(_ name: String) -> String {
    "the label \"\(name)\" is a list; a row of this task has one label"
  }

  /// `label` as a message shows it: what is not seen is written as its number, and its length is
  /// bounded.
  static func shown(_ label: String) -> String { "\"\(label.printable(limit: 40))\"" }
}
