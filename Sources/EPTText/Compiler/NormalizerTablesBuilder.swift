/// Puts normalization steps into tables.
struct NormalizerTablesBuilder {
  private let source: String
  private var values: [UInt32] = []
  private var texts: [UInt8] = []
  private var maps = ScalarMapTablesBuilder()
  private var characterMap: [UInt8]?
  private var hasCanonicalForm = false

  init(source: String) {
    self.source = source
  }

  /// - Throws: `TextError`.
  mutating func add(_ step: NormalizerStep, patterns: inout PatternTablesBuilder) throws {
    switch step {
    case .characterMap(let blob):
      characterMap = blob
      append(.characterMap)
    case .strip(let left, let right): append(.strip, left ? 1 : 0, right ? 1 : 0)
    case .replace(let pattern, let content):
      let (pattern, content) = (place(pattern), place(content))
      append(.replace, pattern.offset, pattern.length, content.offset, content.length)
    case .replaceSpaces(let content):
      let content = place(content)
      append(.replaceSpaces, content.offset, content.length)
    case .replaceMatches(let node, let content):
      let content = place(content)
      do {
        append(.replaceMatches, try patterns.number(of: node), content.offset, content.length)
      } catch let fault as PatternSyntax.Fault {
        throw TextError.unsupported(
          source: source, what: "a pattern of its normalizer, for \(fault.reason),",
          hint: "simplify it")
      }
    case .prepend(let content):
      let content = place(content)
      append(.prepend, content.offset, content.length)
    case .canonical(let composes):
      hasCanonicalForm = true
      let map = UnicodeData.mapping(UnicodeData.decompositions)
      append(.canonical, composes ? 1 : 0, maps.number(of: map))
    case .lowercase, .stripAccents, .clean, .isolateChinese, .removeMarks:
      append(.scalars, maps.number(of: step.scalarImages ?? [:]))
    case .bert: for single in step.singleSteps { try add(single, patterns: &patterns) }
    }
  }

  private mutating func append(_ kind: TextNormalizer.StepKind, _ arguments: UInt32...) {
    values.append(kind.rawValue)
    values += arguments + [UInt32](repeating: 0, count: 4 - arguments.count)
  }

  private mutating func place(_ text: [UInt8]) -> (offset: UInt32, length: UInt32) {
    defer { texts += text }
    return (UInt32(texts.count), UInt32(text.count))
  }

  /// - Throws: `TextError.invalid`.
  func add(to writer: inout TableWriter) throws {
    writer.add(.normalizerSteps, values: values)
    writer.add(.normalizerTexts, texts)
    maps.add(to: &writer)
    if hasCanonicalForm { CanonicalForm.addTables(to: &writer) }
    if let characterMap { try add(characterMap: characterMap, to: &writer) }
  }

  private func add(characterMap blob: [UInt8], to writer: inout TableWriter) throws {
    func fault(_ reason: String) -> TextError {
      .invalid(source: source, reason: "the precompiled character map \(reason)")
    }
    guard blob.count >= 4 else { throw fault("has no length") }
    let length = (0..<4).reduce(0) { $0 | Int(blob[$1]) << (8 * $1) }
    guard length > 0, length % 4 == 0, length <= blob.count - 4 else {
      throw fault("has a wrong length")
    }
    let units = stride(from: 4, to: 4 + length, by: 4).map { start in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(blob[start + $1]) << UInt32(8 * $1) }
    }
    let texts = Array(blob[(4 + length)...])
    guard String(validating: texts, as: UTF8.self) != nil else { throw fault("is not UTF-8") }
    let ascii = units.withUnsafeBufferPointer { buffer in
      DoubleArray(buffer).map { CharacterMap.asciiTable(trie: $0, texts: texts) }
    }
    guard let ascii else { throw fault("is empty") }
    writer.add(.mapTrie, values: units)
    writer.add(.mapTexts, texts)
    writer.add(.mapASCII, ascii)
    let classes = ScalarTableBuilder(GraphemeClass.table())
    writer.add(.graphemeIndex, values: classes.index)
    writer.add(.graphemeClasses, classes.values)
  }
}
