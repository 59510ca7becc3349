extension TokenizerCompiler {
  func add(_ bytePair: BytePairParts, to writer: inout TableWriter) throws {
    let isByteLevel = parts.preTokenizer.contains(.byteLevel)
    if isByteLevel, parts.preTokenizer.last != .byteLevel {
      throw unsupported("a pre-tokenizer behind ByteLevel", "ByteLevel as the last one is")
    }
    if parts.preTokenizer.dropLast().contains(where: {
      if case .metaspace = $0 { true } else { false }
    }) {
      throw unsupported("a pre-tokenizer behind Metaspace", "Metaspace as the last one is")
    }
    var tables = BytePairTablesBuilder(
      parts: bytePair, vocabulary: parts.vocabulary, isByteLevel: isByteLevel, source: source)
    try tables.add(to: &writer)
    writer.add(.frequentTokens, values: frequentTokens(unknown: bytePair.unknown))
    var patterns = PatternTablesBuilder()
    try addPreTokenizer(parts.preTokenizer, patterns: &patterns, to: &writer)
    try addNormalizer(parts.normalizer, patterns: &patterns, to: &writer)
  }
}
