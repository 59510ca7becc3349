import EPTFormat

extension HuggingFaceDefinition {
  /// The pre-tokenizer as steps.
  func preTokenizer(_ preTokenizer: JSON?) throws -> [PreTokenizerStep] {
    guard let preTokenizer, preTokenizer != .null else { return [] }
    switch preTokenizer["type"]?.string {
    case "Sequence":
      return try (preTokenizer["pretokenizers"]?.array ?? []).flatMap {
        try self.preTokenizer($0)
      }
    case "BertPreTokenizer": return [.bert]
    case "Metaspace": return [.metaspace(try metaspace(preTokenizer))]
    case "WhitespaceSplit": return [.whitespaceSplit]
    case "Whitespace": return [.whitespace]
    case "ByteLevel":
      return try PreTokenizerStep.byteLevel(
        addsPrefixSpace: preTokenizer["add_prefix_space"]?.bool ?? true,
        splits: preTokenizer["use_regex"]?.bool ?? true)
    case "Split":
      return [
        .split(
          try pattern(preTokenizer["pattern"], of: "Split"),
          try behavior(preTokenizer["behavior"]?.string),
          isInverted: preTokenizer["invert"]?.bool ?? false)
      ]
    case "Digits":
      let isIndividual = preTokenizer["individual_digits"]?.bool ?? false
      return [.split(at: UnicodeData.numeric, isIndividual ? .isolated : .contiguous)]
    case "Punctuation":
      let behavior = try behavior(preTokenizer["behavior"]?.string ?? "Isolated")
      return [.split(at: UnicodeData.punctuation, behavior)]
    case let type:
      throw unsupported(
        "the pre-tokenizer \(type ?? "?")",
        "null, BertPreTokenizer, ByteLevel, Digits, Metaspace, Punctuation, Split, Whitespace, "
          + "WhitespaceSplit and Sequence are")
    }
  }

  private func behavior(_ name: String?) throws -> Split.Behavior {
    switch name?.lowercased() {
    case "isolated": return .isolated
    case "removed": return .removed
    case "mergedwithprevious": return .mergedWithPrevious
    case "mergedwithnext": return .mergedWithNext
    case "contiguous": return .contiguous
    default: throw invalid("a pre-tokenizer has the behavior `\(name ?? "?")`")
    }
  }

  private func metaspace(_ metaspace: JSON) throws -> Metaspace {
    let replacement = Array((metaspace["replacement"]?.string ?? "\u{2581}").unicodeScalars)
    guard replacement.count == 1 else {
      throw invalid("the `replacement` of its Metaspace is not one character")
    }
    var prepending = Metaspace.Prepending.always
    switch metaspace["prepend_scheme"]?.string {
    case nil: if metaspace["add_prefix_space"]?.bool == false { prepending = .never }
    case "always": prepending = .always
    case "never": prepending = .never
    case "first": prepending = .first
    case let scheme?: throw invalid("its Metaspace has the prepend_scheme `\(scheme)`")
    }
    return Metaspace(
      scalar: replacement[0], prepending: prepending, splits: metaspace["split"]?.bool ?? true)
  }
}

extension PreTokenizerStep {
  /// The steps of ByteLevel.
  static func byteLevel(addsPrefixSpace: Bool, splits: Bool) throws -> [PreTokenizerStep] {
    let words = PreTokenizerStep.split(
      try PatternSyntax.read(byteLevelExpression), .isolated, isInverted: false)
    return (addsPrefixSpace ? [.prefixSpace] : []) + (splits ? [words] : []) + [.byteLevel]
  }
}
