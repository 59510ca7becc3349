extension TextNormalizer {
  /// Reads the steps from their sections.
  ///
  /// - Throws: `TextError.invalid`.
  init(_ reader: TableReader) throws {
    let values = try reader.values(.normalizerSteps, of: UInt32.self)
    let texts = try reader.values(.normalizerTexts, of: UInt8.self)
    guard values.count % 5 == 0 else { throw TableReader.fault("a normalization step is cut") }
    func text(_ offset: UInt32, _ length: UInt32) throws -> UnsafeBufferPointer<UInt8> {
      guard Int(offset) + Int(length) <= texts.count else {
        throw TableReader.fault("a normalization step's text does not fit")
      }
      return UnsafeBufferPointer(rebasing: texts[Int(offset)..<Int(offset) + Int(length)])
    }
    steps = try stride(from: 0, to: values.count, by: 5).map { start in
      switch StepKind(rawValue: values[start]) {
      case .characterMap:
        return .characterMap(try CharacterMap(reader))
      case .strip:
        return .strip(left: values[start + 1] != 0, right: values[start + 2] != 0)
      case .replace:
        return .replace(
          pattern: try text(values[start + 1], values[start + 2]),
          content: try text(values[start + 3], values[start + 4]))
      case .replaceSpaces:
        return .replaceSpaces(content: try text(values[start + 1], values[start + 2]))
      case nil:
        throw TableReader.fault("normalization step \(values[start]) is unknown")
      }
    }
  }
}

extension CharacterMap {
  fileprivate init(_ reader: TableReader) throws {
    guard let trie = DoubleArray(try reader.values(.mapTrie, of: UInt32.self)),
      let classes = ScalarTable(
        index: try reader.values(.graphemeIndex, of: UInt16.self),
        values: try reader.values(.graphemeClasses, of: UInt8.self)),
      let map = CharacterMap(
        trie: trie, texts: try reader.values(.mapTexts, of: UInt8.self),
        ascii: try reader.values(.mapASCII, of: UInt8.self), classes: classes)
    else { throw TableReader.fault("the character map does not fit") }
    self = map
  }
}
