import Glibc

/// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019), as PyTorch computes it.
///
/// Epsilon is PyTorch's 1e-8, not DePT's 1e-6. Gradients of a prompt can be far below 1e-4, where
/// the larger epsilon would shrink the steps.
struct AdamW: Sendable, Equatable {
  private let firstDecay: Float = 0.9
  private let secondDecay: Float = 0.999
  private let epsilon: Float = 1e-8
  private let weightDecay: Float
  /// Steps made.
  private(set) var steps = 0
  /// The running mean of gradients.
  private(set) var first: TrainedParameters
  /// The running mean of squared gradients.
  private(set) var second: TrainedParameters

  /// An optimiser of `parameters` that has made no step.
  init(_ parameters: TrainedParameters, weightDecay: Float) {
    first = .zeros(like: parameters)
    second = first
    self.weightDecay = weightDecay
  }

  /// An optimiser in the state that another one was in.
  init(
    steps: Int, first: TrainedParameters, second: TrainedParameters, weightDecay: Float
  ) {
    self.steps = steps
    self.first = first
    self.second = second
    self.weightDecay = weightDecay
  }

  /// Makes one step.
  ///
  /// - Parameters:
  ///   - parameters: changed in place.
  ///   - gradient: of the same sizes.
  ///   - rate: the learning rate of each group.
  mutating func step(
    _ parameters: inout TrainedParameters, gradient: TrainedParameters,
    rate: (ParameterGroup) -> Float
  ) {
    steps += 1
    // 1 - β^t, in binary64 since β is close to 1.
    let firstCorrection = Float(1 - pow(Double(firstDecay), Double(steps)))
    let secondCorrection = Float((1 - pow(Double(secondDecay), Double(steps))).squareRoot())
    for tensor in parameters.tensors {
      let rate = rate(tensor.group)
      let size = rate / firstCorrection
      let shrinkage = 1 - rate * weightDecay
      let g = gradient[tensor]
      var p = parameters[tensor]
      var m = first[tensor]
      var v = second[tensor]
      for i in p.indices {
        m[i] += (g[i] - m[i]) * (1 - firstDecay)
        v[i] = v[i] * secondDecay + (1 - secondDecay) * g[i] * g[i]
        let scale = v[i].squareRoot() / secondCorrection + epsilon
        p[i] = p[i] * shrinkage - size * m[i] / scale
      }
      parameters[tensor] = p
      first[tensor] = m
      second[tensor] = v
    }
  }
}

extension TrainedParameters {
  /// Scales a gradient down so that its norm over all tensors is at most `limit`.
  ///
  /// - Returns: the norm before scaling.
  mutating func clip(to limit: Float) -> Float {
    var sum = 0.0
    for tensor in tensors {
      for value in self[tensor] { sum += Double(value) * Double(value) }
    }
    let norm = Float(sum.squareRoot())
    guard norm > limit else { return norm }
    // The small constant is PyTorch's.
    let scale = limit / (norm + 1e-6)
    for tensor in tensors { self[tensor] = self[tensor].map { $0 * scale } }
    return norm
  }
}
