import EPTCompute

/// How a backbone's states become outputs: one number a class, say.
public enum Readout: Sendable, Equatable {
  /// A linear layer on vectors of the text tokens' last hidden states: for encoders.
  case head(LinearHead)
  /// Log-likelihood of each label's tokens under the decoder. One array a class, end token
  /// included: training learns it, and scores read it where another label continues this one.
  case labelWords([[Int32]])

  /// How many outputs there are: one a class or a label; one where the answer is a number.
  public var classCount: Int {
    switch self {
    case .head(let head): head.weight.rows
    case .labelWords(let words): words.count
    }
  }

  /// Whether each word of a text is answered.
  public var readsWords: Bool {
    if case .head(let head) = self { head.features == .words } else { false }
  }

  /// What the outputs stand for.
  public var kind: HeadKind {
    if case .head(let head) = self { head.kind } else { .classes }
  }

  /// Whether the two texts of a pair pass alone.
  public var readsApart: Bool {
    if case .head(let head) = self { head.features.textCount > 1 } else { false }
  }
}

extension Readout {
  /// Tokens of the longest label word; 1 with a head.
  var longestWord: Int {
    guard case .labelWords(let words) = self else { return 1 }
    return max(1, words.map(\.count).max() ?? 1)
  }

  /// Whether of a text's own rows the last one alone is read, if its rows see the rows before them
  /// alone.
  var readsLastRow: Bool {
    guard case .head(let head) = self else { return true }
    return head.pooling == .last
  }
}

/// A linear layer, trained together with the prompt.
public struct LinearHead: Sendable, Equatable {
  /// One row an output: a class, a label or the number. `[outputs, features]`
  public var weight: Matrix
  /// One number an output, `[outputs]`.
  public var bias: [Float]
  /// How a text's states become a vector.
  public var pooling: Pooling
  /// What is read of a row's texts.
  public var features: HeadFeatures
  /// What the outputs stand for.
  public var kind: HeadKind

  /// A head with given numbers.
  public init(
    weight: Matrix, bias: [Float], pooling: Pooling = .mean, features: HeadFeatures = .text,
    kind: HeadKind = .classes
  ) {
    self.weight = weight
    self.bias = bias
    self.pooling = pooling
    self.features = features
    self.kind = kind
  }
}

extension LinearHead {
  /// What the outputs stand for, and what they read of two texts: `a number, the cosine of two texts`.
  public static func description(_ kind: HeadKind, _ features: HeadFeatures) -> String {
    let answer =
      switch kind {
      case .classes: "a class"
      case .number: "a number"
      case .labels: "several labels"
      case .tags: "a tag a word"
      }
    let read =
      switch features {
      case .text, .words: ""
      case .pair: ", two texts apart"
      case .cosine: ", the cosine of two texts apart"
      }
    return answer + read
  }
}

extension Readout {
  /// The same with a head that reads what `pooling` says.
  public func pooled(by pooling: Pooling) -> Readout {
    guard case .head(var head) = self else { return self }
    head.pooling = pooling
    return .head(head)
  }
}
