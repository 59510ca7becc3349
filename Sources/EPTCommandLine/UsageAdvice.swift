import EPTData

/// One line about a command line that cannot be understood.
package struct UsageAdvice {
  /// What to print.
  package let line: String

  /// - Parameters:
  ///   - message: What the parser says.
  ///   - arguments: The command line, without the program's name.
  ///   - command: What prints the command's help.
  ///   - flags: That help, which has all its flags.
  package init(_ message: String, _ arguments: [String], command: String, help flags: String) {
    let help = "`\(command)` tells all flags"
    var text = message.split(separator: "\n").joined(separator: " ")
    let known = Self.options(in: flags)
    // A flag that is unknown explains more than what is missing without it.
    let unknown = arguments.dropFirst().prefix { $0 != "--" }
      .map { String($0.prefix { $0 != "=" }) }
      .first { $0.hasPrefix("--") && !known.contains($0) }
    if let option = unknown ?? Self.unknownOption(in: text) {
      let nearest = NearestWord.find(option, among: known)
      text =
        ForeignOption.advice(option) { Self.options(in: $0).allSatisfy(known.contains) }
        .map { "there is no \(option): \($0)" }
        ?? "there is no \(option)" + (nearest.map { "; did you mean \($0)?" } ?? "")
    } else {
      text = Self.ownWords(text)
    }
    while text.last == "." { text.removeLast() }
    line = text.hasSuffix("?") ? "\(text) \(help)" : "\(text); \(help)"
  }

  /// `--epochs` of `Unknown option '--epochs'`.
  private static func unknownOption(in text: String) -> String? {
    guard text.hasPrefix("Unknown option '") else { return nil }
    let name = text.dropFirst("Unknown option '".count).prefix { $0 != "'" && $0 != "=" }
    return String(name)
  }

  /// The flags that a help text names.
  private static func options(in help: String) -> [String] {
    let words = help.split { !($0.isLetter || $0.isNumber || $0 == "-") }
    return words.filter { $0.hasPrefix("--") && $0.count > 2 }.map(String.init)
  }

  /// `--metric cannot be f1; it is one of: …` of what the parser says of a value:
  /// `The value 'f1' is invalid for '--metric <metric>'. Please provide one of the following: - a - b`, or
  /// after a colon the reason.
  private static func badValue(_ text: String) -> String? {
    let start = "The value '"
    guard text.hasPrefix(start), let middle = text.firstRange(of: "' is invalid for '") else {
      return nil
    }
    let value = String(text[text.index(text.startIndex, offsetBy: start.count)..<middle.lowerBound])
    let option = text[middle.upperBound...].prefix { $0 != "'" && $0 != " " }
    let rest = text[middle.upperBound...].drop { $0 != "'" }.dropFirst()
    let choices = Self.choices(String(rest))
    let reason =
      rest.hasPrefix(": ")
      ? String(rest.dropFirst(2))
      : choices.isEmpty ? whyNoNumber(value) : "it is one of: \(choices.joined(separator: ", "))"
    return "\(option) cannot be \(value.isEmpty ? "empty" : value); \(reason)"
  }

  /// The words that an option takes, of the end of the parser's sentence: `Please provide one of the
  /// following: - a - b` where they are many, `Please provide one of 'a', 'b' or 'c'.` where they are few.
  private static func choices(_ text: String) -> [String] {
    let listed = text.split(separator: " - ").dropFirst().map { ColumnNames.trimmed(String($0)) }
    guard listed.isEmpty, text.contains("Please provide one of '") else { return listed }
    return quoted(text)
  }

  /// Why `value` is not what an option of numbers takes: all others say so themselves.
  private static func whyNoNumber(_ value: String) -> String {
    if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return "the number is too large"
    }
    return Double(value) == nil ? "it takes a number" : "it takes a whole number from 0 on"
  }

  /// The parser's sentences, told as the others are.
  private static func ownWords(_ text: String) -> String {
    if let words = badValue(text) { return words }
    for (theirs, ours) in [
      ("Missing expected argument '<", "name the "), ("Missing expected argument '", "give "),
    ] where text.hasPrefix(theirs) {
      return ours + text.dropFirst(theirs.count).filter { $0 != "'" && $0 != "<" && $0 != ">" }
    }
    let quoted = Self.quoted(text)
    if text.hasPrefix("Missing value for '"), let option = quoted.first {
      return "\(option.prefix { $0 != " " }) needs a value: \(option)"
    }
    if text.hasPrefix("The option '"), text.contains("does not take any value"), quoted.count > 1 {
      return "\(quoted[0]) takes no value; leave =\(quoted[1]) out"
    }
    if text.contains("nexpected argument"), !quoted.isEmpty {
      guard quoted.count > 1 else { return "\(quoted[0]) is one argument too many" }
      let more = quoted.count > 2 ? "\(quoted[0]) and \(quoted.count - 1) more" : nil
      return "\(more ?? quoted.joined(separator: " and ")) are too many arguments"
    }
    return beginningSmall(text)
  }

  /// What stands between quotes: every second part.
  private static func quoted(_ text: String) -> [String] {
    text.split(separator: "'", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  /// `text` with a first word in small letters, as messages begin; a name in capitals stays.
  private static func beginningSmall(_ text: String) -> String {
    guard let second = text.dropFirst().first, second.isLowercase || second == " " else {
      return text
    }
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
