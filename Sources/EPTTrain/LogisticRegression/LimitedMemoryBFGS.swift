/// Minimises a smooth convex function: L-BFGS (Nocedal, Mathematics of Computation 35, 1980) with a
/// preconditioner as its first guess of the inverse Hessian.
struct LimitedMemoryBFGS {
  /// Pairs of a step and the change of the gradient that are kept.
  private static let memory = 12
  /// A step that has been halved so often is lost in rounding.
  private static let mostHalvings = 24
  /// Steps after which progress is looked at.
  private static let period = 10
  /// The share of the promised decrease that a step must bring (Armijo).
  private static let sufficientDecrease = 1e-4

  /// Where the search has ended.
  struct Minimum {
    var point: [Double]
    var value: Double
    var gradient: [Double]
    var iterations = 0
    /// Whether it ended of itself; false at the most iterations.
    var isConverged = false
  }

  /// The value at a point; puts the gradient there into the second argument.
  let function: ([Double], inout [Double]) -> Double
  /// Puts about the inverse Hessian's product with a vector in that vector's place.
  let precondition: (inout [Double]) -> Void
  /// Ends when the next step promises less than this share of the value, or when steps have gained
  /// less.
  ///
  /// Rounding then hides any further gain.
  var tolerance = 1e-8
  var mostIterations = 1000

  private struct Pair {
    let step: [Double]
    let change: [Double]
    /// `step · change`, more than 0.
    let curvature: Double
  }

  /// Searches from `start`; nil if `shouldStop` says so between two steps.
  func minimum(from start: [Double], shouldStop: () -> Bool) -> Minimum? {
    var gradient = [Double](repeating: 0, count: start.count)
    let value = function(start, &gradient)
    var here = Minimum(point: start, value: value, gradient: gradient)
    var pairs: [Pair] = []
    var before = value
    while here.iterations < mostIterations {
      if shouldStop() { return nil }
      var direction = self.direction(here.gradient, pairs)
      var slope = dot(direction, here.gradient)
      if !(slope < 0), !pairs.isEmpty {
        // Rounding has spoilt the pairs.
        pairs = []
        direction = self.direction(here.gradient, pairs)
        slope = dot(direction, here.gradient)
      }
      guard slope < 0, -slope > tolerance * abs(here.value),
        let next = step(from: here, along: direction, slope)
      else {
        here.isConverged = true
        return here
      }
      let step = zip(next.point, here.point).map { $0 - $1 }
      let change = zip(next.gradient, here.gradient).map { $0 - $1 }
      let curvature = dot(step, change)
      if curvature > 1e-12 * (dot(step, step) * dot(change, change)).squareRoot() {
        pairs.append(Pair(step: step, change: change, curvature: curvature))
        if pairs.count > Self.memory { pairs.removeFirst() }
      }
      here = next
      guard here.iterations % Self.period == 0 else { continue }
      if before - here.value < Double(Self.period) * tolerance * abs(here.value) {
        here.isConverged = true
        return here
      }
      before = here.value
    }
    return here
  }

  /// A point along `direction` that is lower by enough; nil if there is none.
  private func step(from here: Minimum, along direction: [Double], _ slope: Double) -> Minimum? {
    var length = 1.0
    var next = here
    next.iterations += 1
    for _ in 0..<Self.mostHalvings {
      for index in direction.indices {
        next.point[index] = here.point[index] + length * direction[index]
      }
      next.value = function(next.point, &next.gradient)
      if next.value <= here.value + Self.sufficientDecrease * length * slope { return next }
      // The lowest point of the parabola through both values and the slope, within reason.
      let excess = next.value - here.value - length * slope
      let lowest = -slope * length * length / (2 * excess)
      length = lowest.isFinite ? min(0.5 * length, max(0.1 * length, lowest)) : 0.5 * length
    }
    return nil
  }

  /// `-H g`, by the recursion of two loops.
  private func direction(_ gradient: [Double], _ pairs: [Pair]) -> [Double] {
    var result = gradient
    var shares = [Double](repeating: 0, count: pairs.count)
    for (index, pair) in pairs.enumerated().reversed() {
      shares[index] = dot(pair.step, result) / pair.curvature
      add(-shares[index], pair.change, to: &result)
    }
    precondition(&result)
    if let last = pairs.last {
      // The preconditioner is of the start; its scale follows the curvature that was met last.
      var turned = last.change
      precondition(&turned)
      let scale = last.curvature / dot(last.change, turned)
      if scale.isFinite, scale > 0 { for index in result.indices { result[index] *= scale } }
    }
    for (index, pair) in pairs.enumerated() {
      let share = dot(pair.change, result) / pair.curvature
      add(shares[index] - share, pair.step, to: &result)
    }
    for index in result.indices { result[index] = -result[index] }
    return result
  }

  private func dot(_ x: [Double], _ y: [Double]) -> Double {
    var sum = 0.0
    for index in x.indices { sum += x[index] * y[index] }
    return sum
  }

  private func add(_ share: Double, _ x: [Double], to y: inout [Double]) {
    for index in x.indices { y[index] += share * x[index] }
  }
}
