import EPTText

/// Tokenized texts laid end to end: nothing is padded.
public struct TokenBatch: Sendable, Equatable {
  /// Token ids of all texts. `[tokens]`
  public private(set) var ids: [Int32] = []
  /// BERT's token types. `[tokens]`
  public private(set) var tokenTypeIDs: [UInt8] = []
  /// Where each text starts, then the total. `[texts + 1]`
  public private(set) var starts: [Int] = [0]

  public init() {}

  /// A batch of `texts`.
  public init(_ texts: some Sequence<TokenizedText>) {
    for text in texts { append(text) }
  }

  /// How many texts there are.
  public var count: Int { starts.count - 1 }

  /// Where text `index` lies in `ids`.
  public func range(_ index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }

  /// The texts `range` alone.
  func part(_ range: Range<Int>) -> TokenBatch {
    var part = TokenBatch()
    let tokens = starts[range.lowerBound]..<starts[range.upperBound]
    part.ids = Array(ids[tokens])
    part.tokenTypeIDs = Array(tokenTypeIDs[tokens])
    part.starts = starts[range.lowerBound...range.upperBound].map { $0 - tokens.lowerBound }
    return part
  }

  /// Copies of the texts `indices`, in their order.
  func texts(_ indices: [Int]) -> TokenBatch {
    var texts = TokenBatch()
    for index in indices {
      texts.ids += ids[range(index)]
      texts.tokenTypeIDs += tokenTypeIDs[range(index)]
      texts.starts.append(texts.ids.count)
    }
    return texts
  }

  /// Adds a text at the end.
  public mutating func append(_ text: TokenizedText) {
    ids += text.ids
    tokenTypeIDs += text.tokenTypeIDs
    starts.append(ids.count)
  }
}
