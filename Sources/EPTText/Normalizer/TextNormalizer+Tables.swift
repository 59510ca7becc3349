extension TextNormalizer {
  /// Reads the steps from their sections.
  ///
  /// - Throws: `TextError.invalid`, also for steps that make texts more than `greatestGrowth` times as
  ///   long.
  init(_ reader: TableReader, greatestGrowth: Double = TextNormalizer.greatestGrowth) throws {
    let values = try reader.values(.normalizerSteps, of: UInt32.self)
    let texts = try reader.values(.normalizerTexts, of: UInt8.self)
    let patterns = try PatternTables(reader)
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
      case .scalars:
        return .scalars(try ScalarMap(values[start + 1], reader))
      case .canonical:
        return .canonical(
          try CanonicalForm(composes: values[start + 1] != 0, map: values[start + 2], reader))
      case .replaceMatches:
        return .replaceMatches(
          try patterns.pattern(values[start + 1]),
          content: try text(values[start + 2], values[start + 3]))
      case .prepend:
        return .prepend(try text(values[start + 1], values[start + 2]))
      case nil:
        throw TableReader.fault("normalization step \(values[start]) is unknown")
      }
    }
    guard growth <= greatestGrowth else {
      throw TableReader.fault("their normalization makes texts too long")
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
