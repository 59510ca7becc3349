import EPTFormat

/// JSON that is written piece by piece: numbers as values of `JSON` would take as long as a small model.
struct JSONText {
  private(set) var text = ""

  /// Appends what is JSON already.
  mutating func append(_ piece: String) { text += piece }

  /// Appends `string` in quotes.
  mutating func append(quoted string: String) { text += JSON.string(string).serialized() }

  /// Appends `[…]` with `element` between commas for each of `elements`.
  mutating func append<Elements: Sequence>(
    list elements: Elements, _ element: (Elements.Element, inout JSONText) -> Void
  ) {
    text += "["
    var isFirst = true
    for value in elements {
      if !isFirst { text += "," }
      isFirst = false
      element(value, &self)
    }
    text += "]"
  }

  /// Appends a list of numbers in the shortest decimals that give the same binary32.
  mutating func append(numbers: [Float]) {
    append(list: numbers) { $1.text += $0.description }
  }
}
