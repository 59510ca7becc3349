/// `text` as HTML shows it, in elements and in quoted attributes.
func escaped(_ text: String) -> String {
  var result = ""
  for character in text.unicodeScalars {
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\u{0}"..<"\u{20}", "\u{7F}": result += " "
    default: result.unicodeScalars.append(character)
    }
  }
  return result
}

/// A line that stands for a part that is missing.
func note(_ text: String) -> String {
  "<p class=\"note\">\(escaped(text))</p>"
}

/// A number with at most `places` decimals, without zeros at its end.
func decimal(_ value: Double, _ places: Int = 3) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
  if value != 0, abs(value) < 1e-3 { return "\(value)" }
  var unit = 1.0
  for _ in 0..<places { unit *= 10 }
  let scaled = Int((abs(value) * unit).rounded())
  let whole = scaled / Int(unit)
  var digits = String(scaled % Int(unit))
  digits = String(repeating: "0", count: max(0, places - digits.count)) + digits
  while digits.last == "0" { digits.removeLast() }
  let sign = value < 0 && scaled > 0 ? "−" : ""
  return sign + grouped(whole) + (digits.isEmpty || places == 0 ? "" : "." + digits)
}

/// A whole number with a thin space every three digits from five digits on.
func grouped(_ value: Int) -> String {
  let digits = String(value.magnitude)
  guard digits.count > 4 else { return String(value) }
  var result = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { result += "\u{2009}" }
    result.append(digit)
  }
  return (value < 0 ? "−" : "") + result
}
