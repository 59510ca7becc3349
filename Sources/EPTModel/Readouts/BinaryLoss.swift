import Glibc

/// Binary cross-entropy of each label under a sigmoid of its output, the mean over labels.
struct BinaryLoss: HeadLoss {
  func loss(
    _ outputs: UnsafeMutablePointer<Float>, _ outputCount: Int, _ target: Target, over count: Float
  ) -> Double {
    guard case .labels(let labels) = target else { return 0 }
    let share = 1 / (count * Float(outputCount))
    var next = labels.startIndex
    var loss = 0.0
    for index in 0..<outputCount {
      let holds = next < labels.endIndex && labels[next] == index
      if holds { next += 1 }
      let logit = outputs[index]
      // log(1 + exp(z)) - y·z, written so that nothing overflows.
      let small = exp(-abs(logit))
      loss += Double(max(logit, 0) + log1p(small) - (holds ? logit : 0))
      outputs[index] = (Self.probability(logit) - (holds ? 1 : 0)) * share
    }
    return loss / Double(outputCount)
  }

  /// The sigmoid of `logit`.
  static func probability(_ logit: Float) -> Float {
    let small = exp(-abs(logit))
    return logit >= 0 ? 1 / (1 + small) : small / (1 + small)
  }
}

extension HeadKind {
  /// The probability of a label whose output is `logit`.
  public static func labelProbability(_ logit: Float) -> Float { BinaryLoss.probability(logit) }
}
