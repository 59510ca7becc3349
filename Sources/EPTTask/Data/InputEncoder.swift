import EPTModel
import EPTSystem
import EPTText

/// Turns the fields of an example into the tokens that the backbone reads.
public struct InputEncoder: Sendable {
  /// The most tokens of a label word, end token included.
  static let longestLabel = 512

  /// The task whose rows it encodes.
  public let task: TaskDefinition
  private let tokenizer: any Tokenizer
  private let hasDecoder: Bool
  /// Whether label words go on from the text, and the token that ends them.
  private let continuesText: Bool
  private let endToken: Int32?
  private var isApart: Bool

  /// An encoder of `task`'s rows, cut at its input length; with `isApart` the two texts of a pair
  /// pass alone, each cut there.
  public init(
    _ task: TaskDefinition, _ tokenizer: any Tokenizer, hasDecoder: Bool, isApart: Bool = false
  ) {
    self.task = task
    self.tokenizer = tokenizer
    self.hasDecoder = hasDecoder
    self.isApart = isApart
    (continuesText, endToken) = (false, nil)
  }

  /// The same for what `model` reads and scores.
  public init(
    _ task: TaskDefinition, _ tokenizer: any Tokenizer, for model: PromptedModel,
    isApart: Bool = false
  ) {
    self.task = task
    self.tokenizer = tokenizer
    self.isApart = isApart
    hasDecoder = model.hasDecoder
    continuesText = model.continuesText
    endToken = model.endToken
  }

  /// The same with the two texts of a pair as one input.
  public var joined: InputEncoder {
    var joined = self
    joined.isApart = false
    return joined
  }

  /// The tokens of one row: `values` has one text a field, or of a task of tags its words.
  public func tokens(_ values: [String]) -> TokenizedText {
    guard task.labelForm != .tags else {
      return tokenizer.encode(words: values, limit: task.inputLength)
    }
    let input = task.input(values, hasDecoder: hasDecoder)
    guard isApart, let second = input.second else {
      return tokenizer.encode(input.first, input.second, limit: task.inputLength)
    }
    return TokenizedText(
      tokenizer.encode(input.first, nil, limit: task.inputLength),
      apart: tokenizer.encode(second, nil, limit: task.inputLength))
  }

  /// The tokens that rows usually begin with: the template's before its first field.
  ///
  /// A tokenizer may merge a field's beginning with what stands before it, so that some row may begin
  /// in another way; what several unlike rows have in common is nearly always right.
  public var beginning: [Int32] {
    let rows = ["a", "The", "7", "\"", "\u{E9}", "\u{4E2D}"].map { text in
      tokens(task.fields.map { _ in text }).ids
    }
    return rows.dropFirst().reduce(rows[0]) { common, ids in
      Array(common.prefix(zip(common, ids).prefix { $0 == $1 }.count))
    }
  }

  /// The texts of a row that pass together: one text or a pair, or two texts, one after the other.
  private func passes(_ values: [String]) -> [(first: String, second: String?)] {
    let input = task.input(values, hasDecoder: hasDecoder)
    guard isApart, let second = input.second else { return [input] }
    return [(input.first, nil), (second, nil)]
  }

  /// Whether the words have more tokens than the task reads.
  private func isCut(words: [String]) -> Bool {
    tokenizer.encode(words: words, limit: task.inputLength + 1).ids.count > task.inputLength
  }

  /// Whether `tokens`, made from `values`, leave something of them out.
  public func isCut(_ values: [String], _ tokens: TokenizedText) -> Bool {
    // Few texts are as long as the limit, so few are tokenized twice.
    guard tokens.ids.count >= task.inputLength else { return false }
    guard task.labelForm != .tags else { return isCut(words: values) }
    return passes(values).contains { input in
      let longer = tokenizer.encode(input.first, input.second, limit: task.inputLength + 1)
      return longer.ids.count > task.inputLength
    }
  }

  /// How many of `examples` have more tokens than the task reads, so that their ends are cut off.
  public func cutCount(of examples: [Example]) -> Int {
    guard task.labelForm != .tags else {
      return examples.count { isCut($0.values, tokens($0.values)) }
    }
    return examples.count { example in
      passes(example.values).contains { input in
        let texts = [input.first, input.second ?? ""]
        let bytes = texts.reduce(0) { $0 + $1.utf8.count }
        // A token of ASCII text has a byte or more; a text has at most four tokens besides.
        if bytes + 4 <= task.inputLength, texts.allSatisfy({ $0.utf8.allSatisfy { $0 < 0x80 } }) {
          return false
        }
        let tokens = tokenizer.encode(input.first, input.second, limit: .max).ids.count
        return tokens > task.inputLength
      }
    }
  }

  /// The tokens of each label word, end token included: what a decoder scores.
  ///
  /// - Throws: `TaskError.sameLabelTokens` if two words are the same to the tokenizer;
  ///   `.invalidDefinition` if one has too many tokens.
  public func labelTokens() throws -> [[Int32]] {
    let words = task.labels.map { label in
      continuesText ? continuation(label.word) : tokenizer.encode(label.word).ids
    }
    if let index = words.firstIndex(where: { $0.count > Self.longestLabel }) {
      throw TaskError.invalidDefinition(
        task: task.name,
        reason:
          "the label \(task.labels[index].word.printable(limit: 40))… has \(words[index].count)"
          + " tokens; at most \(Self.longestLabel) make sense: shorten it, or use digits as labels")
    }
    var places: [[Int32]: Int] = [:]
    for (place, tokens) in words.enumerated() {
      if let other = places.updateValue(place, forKey: tokens) {
        throw TaskError.sameLabelTokens(
          task: task.name, first: task.labels[other].word, second: task.labels[place].word)
      }
    }
    return words
  }

  /// The tokens of `word` behind a text and a space, and the end token.
  ///
  /// A tokenizer may treat the beginning of a text in its own way, such as with a space before it.
  /// So the word is tokenized behind another word.
  private func continuation(_ word: String) -> [Int32] {
    tokenizer.tokens(ofNext: word) + (endToken.map { [$0] } ?? [])
  }
}
