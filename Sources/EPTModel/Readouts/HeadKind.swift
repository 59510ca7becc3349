/// What a linear head's outputs stand for.
///
/// What a kind computes stands in one file: `SoftmaxLoss`, `SquaredLoss`, `BinaryLoss`. Here it is
/// chosen.
public enum HeadKind: Sendable, Equatable {
  /// One of several classes, one logit a class.
  case classes
  /// A number, one output: the number is `offset + scale · output`.
  case number(NumberScale)
  /// Any of several labels, one logit a label; a label is answered where its probability reaches its
  /// threshold. `[labels]`
  case labels(thresholds: [Float])
  /// A tag a word, one logit a tag.
  case tags
}

/// What the output of a head for numbers is measured in.
///
/// Training sees numbers of mean 0 and deviation 1, so that its rates fit whatever the labels are.
public struct NumberScale: Sendable, Equatable {
  /// The number that an output of 0 stands for.
  public let offset: Float
  /// More than 0.
  public let scale: Float

  /// A number is `offset + scale · output`.
  public init(offset: Float, scale: Float) {
    self.offset = offset
    self.scale = scale
  }

  /// The number that `output` stands for.
  public func number(_ output: Float) -> Double {
    Double(offset) + Double(scale) * Double(output)
  }

  /// The output that stands for `number`.
  public func output(_ number: Double) -> Float {
    Float((number - Double(offset)) / Double(scale))
  }
}

/// What a row's outputs should say.
public enum Target: Sendable, Equatable {
  /// A class.
  case label(Int)
  /// A number, in the data's own unit.
  case number(Double)
  /// The labels that hold, in rising order; the others do not.
  case labels([Int])
  /// The tag of each word, in order. Those of words that are not read do not count.
  case tags([Int])

  /// The class, of a target that is one.
  var label: Int? {
    if case .label(let label) = self { label } else { nil }
  }
}

/// The loss of one kind of head.
protocol HeadLoss {
  /// The loss of one row of outputs, which become the gradient of the mean over `count` such rows.
  ///
  /// `outputs` has `outputCount` numbers.
  func loss(
    _ outputs: UnsafeMutablePointer<Float>, _ outputCount: Int, _ target: Target, over count: Float
  ) -> Double
}

extension HeadKind {
  var lossFunction: any HeadLoss {
    switch self {
    case .classes: SoftmaxLoss()
    case .number(let scale): SquaredLoss(scale: scale)
    case .labels: BinaryLoss()
    // What is one row of outputs to it is a word.
    case .tags: SoftmaxLoss()
    }
  }

  /// Whether `target` is one for a head of `outputs` outputs.
  func accepts(_ target: Target, outputs: Int) -> Bool {
    switch (self, target) {
    case (.classes, .label(let label)): 0..<outputs ~= label
    case (.number, .number(let number)): number.isFinite
    case (.labels, .labels(let labels)), (.tags, .tags(let labels)):
      labels.allSatisfy { 0..<outputs ~= $0 }
    default: false
    }
  }

  /// Whether `other` is the same kind, whatever its scale or thresholds.
  public func isAlike(_ other: HeadKind) -> Bool {
    switch (self, other) {
    case (.classes, .classes), (.number, .number), (.labels, .labels), (.tags, .tags): true
    default: false
    }
  }

  /// Whether a head of this kind may have `outputs` outputs.
  public func fits(outputs: Int) -> Bool {
    switch self {
    case .classes, .tags: true
    case .number(let scale):
      outputs == 1 && scale.offset.isFinite && scale.scale.isFinite && scale.scale > 0
    case .labels(let thresholds): thresholds.count == outputs
    }
  }
}

extension Target {
  /// The targets of the first `words` words, of a target that is tags; else the target itself.
  package func parts(words: Int) -> [Target] {
    guard case .tags(let tags) = self else { return [self] }
    return tags.prefix(words).map { .label($0) }
  }
}

extension HeadKind {
  /// The loss of one row of `outputs`, which become `share` of its gradient.
  public func loss(_ outputs: inout [Float], _ target: Target, share: Float) -> Double {
    let count = outputs.count
    return outputs.withUnsafeMutableBufferPointer { outputs in
      outputs.baseAddress.map { lossFunction.loss($0, count, target, over: 1 / share) } ?? 0
    }
  }
}
