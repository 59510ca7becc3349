/// Marks the two spans of a Winograd schema as T5's preprocessing does: `* Mark *`, `# He #`.
enum WinogradSpans {
  /// `text` with both spans marked.
  ///
  /// The indices count words, a word being ended by exactly one white space; a span that does
  /// not stand at its index stays unmarked.
  static func marked(
    _ text: String, first: String, at firstIndex: Int, second: String, at secondIndex: Int
  ) -> String {
    let once = marked(text, span: first, at: firstIndex, with: "*")
    // The first mark has added two words before a later span.
    let shift = firstIndex < secondIndex ? 2 : 0
    // No text has as many words as an index that overflows.
    let (place, overflows) = secondIndex.addingReportingOverflow(shift)
    return overflows ? once : marked(once, span: second, at: place, with: "#")
  }

  private static func marked(
    _ text: String, span: String, at index: Int, with mark: String
  ) -> String {
    var rest = text.unicodeScalars[...]
    for _ in 0..<max(0, index) {
      let word = rest.prefix { !$0.properties.isWhitespace }
      let next = rest.dropFirst(word.count)
      guard !word.isEmpty, !next.isEmpty else { return text }
      rest = next.dropFirst()
    }
    guard rest.starts(with: span.unicodeScalars) else { return text }
    var result = String(text.unicodeScalars[..<rest.startIndex])
    result += "\(mark) \(span) \(mark)"
    result.unicodeScalars.append(contentsOf: rest.dropFirst(span.unicodeScalars.count))
    return result
  }
}
