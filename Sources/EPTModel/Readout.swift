import EPTCompute

/// How a backbone's states become one number a class.
public enum Readout: Sendable, Equatable {
  /// One vector of the text tokens' last hidden states, then a linear layer: for encoders.
  case head(LinearHead)
  /// Log-likelihood of each label's tokens under the decoder. One array a class, end token
  /// included: training learns it, and scores read it where another label continues this one.
  case labelWords([[Int32]])

  /// How many classes there are.
  public var classCount: Int {
    switch self {
    case .head(let head): head.weight.rows
    case .labelWords(let words): words.count
    }
  }
}

extension Readout {
  /// Tokens of the longest label word; 1 with a head.
  var longestWord: Int {
    guard case .labelWords(let words) = self else { return 1 }
    return max(1, words.map(\.count).max() ?? 1)
  }
}

/// A linear classifier, trained together with the prompt.
public struct LinearHead: Sendable, Equatable {
  /// One row a class, `[classes, d]`.
  public var weight: Matrix
  /// One number a class, `[classes]`.
  public var bias: [Float]
  /// What the classifier reads of a text's states.
  public var pooling: Pooling

  public init(weight: Matrix, bias: [Float], pooling: Pooling = .mean) {
    self.weight = weight
    self.bias = bias
    self.pooling = pooling
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
