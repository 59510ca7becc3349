import EPTCompute
import Glibc

/// Cross-entropy of the true class under a softmax of the outputs.
struct SoftmaxLoss: HeadLoss {
  func loss(
    _ outputs: UnsafeMutablePointer<Float>, _ outputCount: Int, _ target: Target, over count: Float
  ) -> Double {
    guard case .label(let label) = target else { return 0 }
    // Cross-entropy's gradient takes the logits' place: (softmax - one-hot) / count.
    let most = kernels.maximum(outputs, Int64(outputCount))
    let shifted = outputs[label] - most
    let total = kernels.exp_sum(outputs, most, Int64(outputCount))
    for index in 0..<outputCount { outputs[index] /= total * count }
    outputs[label] -= 1 / count
    return Double(log(total) - shifted)
  }
}
