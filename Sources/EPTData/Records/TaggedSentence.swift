import EPTFormat

/// A sentence in CoNLL-2003's columns: a word in the first, its tag in the last.
struct TaggedSentence {
  /// What stands in the place of a word between two documents.
  static let documentStart = "-DOCSTART-"

  private(set) var words: [String] = []
  /// One a word; none where there is one column alone.
  private(set) var tags: [String] = []

  /// Reads `lines`, of which those between documents are skipped.
  ///
  /// - Throws: `DataFault.noTag` where some words have a tag and others none.
  init(_ lines: String) throws(DataFault) {
    for line in lines.unicodeScalars.split(separator: "\n")
    where line.contains(where: { $0.value > 0x20 }) {
      let columns = Self.columns(String(line))
      guard let word = columns.first, !word.utf8.elementsEqual(Self.documentStart.utf8) else {
        continue
      }
      if columns.count > 1, let tag = columns.last { tags.append(tag) }
      words.append(word)
      guard tags.isEmpty || tags.count == words.count else {
        // Of the first word without a tag, where later ones have some.
        throw .noTag(word: columns.count > 1 ? words[0] : word)
      }
    }
  }

  /// The columns of a line: between tabs where it has any, else between blanks.
  static func columns(_ line: String) -> [String] {
    let scalars = line.unicodeScalars
    let hasTab = scalars.contains("\t")
    return scalars.split { hasTab ? $0 == "\t" || $0 == "\r" : $0 == " " || $0 == "\r" }
      .map { String($0) }
  }

  /// The same as an object with lists.
  var members: [JSONMember] {
    var members = [JSONMember("tokens", .array(words.map { .string($0) }))]
    if !tags.isEmpty { members.append(JSONMember("tags", .array(tags.map { .string($0) }))) }
    return members
  }
}
