import EPTText

/// Tokenized texts laid end to end: nothing is padded.
///
/// A row is what one answer is for: a text, or two texts that pass alone.
public struct TokenBatch: Sendable, Equatable {
  /// Token ids of all texts. `[tokens]`
  public private(set) var ids: [Int32] = []
  /// BERT's token types. `[tokens]`
  public private(set) var tokenTypeIDs: [UInt8] = []
  /// Where each text starts, then the total. `[texts + 1]`
  public private(set) var starts: [Int] = [0]
  /// The first text of each row, then the number of texts. `[rows + 1]`
  public private(set) var rowStarts: [Int] = [0]
  /// Where each word of a row starts in the row's text; none in rows that are not given as words.
  /// `[rows][words]`
  public private(set) var wordStarts: [[Int]] = []

  /// A batch without texts.
  public init() {}

  /// A batch of `texts`, one row each.
  public init(_ texts: some Sequence<TokenizedText>) {
    for text in texts { append(text) }
  }

  /// How many texts there are.
  public var count: Int { starts.count - 1 }

  /// How many rows there are.
  public var rowCount: Int { rowStarts.count - 1 }

  /// Where text `index` lies in `ids`.
  public func range(_ index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }

  /// The texts of row `row`.
  public func texts(ofRow row: Int) -> Range<Int> { rowStarts[row]..<rowStarts[row + 1] }

  /// The rows `range` alone.
  func part(_ range: Range<Int>) -> TokenBatch {
    var part = TokenBatch()
    let texts = rowStarts[range.lowerBound]..<rowStarts[range.upperBound]
    let tokens = starts[texts.lowerBound]..<starts[texts.upperBound]
    part.ids = Array(ids[tokens])
    part.tokenTypeIDs = Array(tokenTypeIDs[tokens])
    part.starts = starts[texts.lowerBound...texts.upperBound].map { $0 - tokens.lowerBound }
    part.rowStarts = rowStarts[range.lowerBound...range.upperBound].map { $0 - texts.lowerBound }
    part.wordStarts = Array(wordStarts[range])
    return part
  }

  /// The same texts without the first `counts[i]` tokens of text `i`, and without their words.
  func dropping(_ counts: [Int]) -> TokenBatch {
    guard counts.contains(where: { $0 > 0 }) else { return self }
    var rest = TokenBatch()
    for (text, count) in counts.enumerated() {
      let range = range(text).dropFirst(count)
      rest.ids += ids[range]
      rest.tokenTypeIDs += tokenTypeIDs[range]
      rest.starts.append(rest.ids.count)
    }
    rest.rowStarts = rowStarts
    rest.wordStarts = [[Int]](repeating: [], count: rowCount)
    return rest
  }

  /// Copies of the texts `indices`, in their order, one row each, without their words.
  func texts(_ indices: [Int]) -> TokenBatch {
    var texts = TokenBatch()
    for index in indices {
      texts.ids += ids[range(index)]
      texts.tokenTypeIDs += tokenTypeIDs[range(index)]
      texts.starts.append(texts.ids.count)
      texts.rowStarts.append(texts.count)
      texts.wordStarts.append([])
    }
    return texts
  }

  /// Adds a row at the end.
  public mutating func append(_ text: TokenizedText) {
    let start = ids.count
    ids += text.ids
    tokenTypeIDs += text.tokenTypeIDs
    if let second = text.secondStart, 0...text.ids.count ~= second {
      starts.append(start + second)
    }
    starts.append(ids.count)
    rowStarts.append(count)
    wordStarts.append(text.wordStarts)
  }

  /// `values`, one a row, once for each text.
  func eachText<Value>(_ values: [Value]) -> [Value] {
    guard rowCount < count else { return values }
    return values.indices.flatMap { row in texts(ofRow: row).map { _ in values[row] } }
  }
}
