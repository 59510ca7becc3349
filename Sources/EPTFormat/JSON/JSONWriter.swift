extension JSON {
  /// The value as text, members in their own order: on one line, or indented by two spaces.
  public func serialized(indented: Bool = false) -> String {
    var text = ""
    write(to: &text, indented: indented, level: 0)
    return text
  }

  private func write(to text: inout String, indented: Bool, level: Int) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += value.isFinite ? "\(value)" : "null"
    case .string(let value): JSON.write(value, to: &text)
    case .array(let values):
      JSON.writeList(values, "[", "]", to: &text, indented: indented, level: level) {
        $0.write(to: &$1, indented: indented, level: level + 1)
      }
    case .object(let members):
      JSON.writeList(members, "{", "}", to: &text, indented: indented, level: level) {
        JSON.write($0.key, to: &$1)
        $1 += indented ? ": " : ":"
        $0.value.write(to: &$1, indented: indented, level: level + 1)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], _ open: String, _ close: String, to text: inout String,
    indented: Bool, level: Int, _ write: (Element, inout String) -> Void
  ) {
    text += open
    for (index, element) in elements.enumerated() {
      if index > 0 { text += "," }
      if indented { text += "\n" + String(repeating: "  ", count: level + 1) }
      write(element, &text)
    }
    if indented, !elements.isEmpty { text += "\n" + String(repeating: "  ", count: level) }
    text += close
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
