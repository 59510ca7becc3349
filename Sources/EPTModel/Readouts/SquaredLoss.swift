/// The squared difference of output and number, both measured by `scale`.
struct SquaredLoss: HeadLoss {
  let scale: NumberScale

  func loss(
    _ outputs: UnsafeMutablePointer<Float>, _ outputCount: Int, _ target: Target, over count: Float
  ) -> Double {
    guard case .number(let number) = target else { return 0 }
    let difference = outputs[0] - scale.output(number)
    outputs[0] = 2 * difference / count
    return Double(difference) * Double(difference)
  }
}
