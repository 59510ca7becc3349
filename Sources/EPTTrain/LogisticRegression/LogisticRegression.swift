import EPTCompute
import EPTModel
import Glibc

/// A linear head fitted to the end: multinomial logistic regression with an L2 penalty.
///
/// `LogisticObjective` states what is minimised. L-BFGS is preconditioned with a Hessian from the
/// rows' covariance, as if all rows were equally uncertain. So it needs a few dozen steps, whatever
/// the strength and the scale of the columns.
package struct LogisticRegression {
  /// The inverse strengths of the penalty that are tried: scikit-learn's ten of
  /// `LogisticRegressionCV`, from 10⁻⁴ to 10⁴ at even ratios.
  package static let strengths = (0..<10).map { pow(10, -4 + 8 * Double($0) / 9) }

  /// The logit of a class without training rows: it is never the answer.
  private static let absent: Float = -100
  /// Rows of each dimension that the preconditioner is made from; more would change little.
  private static let rowsPerColumn = 24

  /// What one strength has given.
  package struct Fit {
    package let head: LinearHead
    /// The objective at the head.
    package let objective: Double
    /// The mean over rows of the weighted log-loss.
    package let loss: Double
    /// The norm of the objective's gradient.
    package let gradientNorm: Double
    package let iterations: Int
    package let isConverged: Bool
  }

  private let objective: LogisticObjective
  private let covariance: [Double]
  /// The classes that have training rows.
  private let present: [Int]
  private let classes: Int
  /// What the head reads, and what its outputs stand for.
  private let form: LinearHead?

  /// A regression on `features`, `[rows, d]`, which are taken over.
  ///
  /// - Parameters:
  ///   - features: One vector a row, all numbers finite.
  ///   - labels: One class a row.
  ///   - classes: How many classes there are.
  ///   - weights: One weight a class; nil for 1.
  ///   - form: A head that reads the same; nil for one of classes on a text's mean state.
  ///   - product: What multiplies.
  ///   - threads: How many threads work.
  package init(
    _ features: consuming Matrix, labels: [Int], classes: Int, weights: [Float]? = nil,
    like form: LinearHead? = nil, product: DenseProduct = .fastest, threads: Int
  ) {
    self.classes = classes
    self.form = form
    let present = Set(labels).sorted()
    self.present = present
    var places = [Int](repeating: 0, count: classes)
    for (place, label) in present.enumerated() { places[label] = place }
    objective = LogisticObjective(
      features, labels: labels.map { places[$0] }, classes: present.count,
      classWeights: present.map { Double(weights?[$0] ?? 1) }, product: product, threads: threads)
    covariance =
      present.count > 1
      ? objective.covariance(rows: max(8192, Self.rowsPerColumn * objective.columns)) : []
  }

  /// The head of inverse strength `strength` (scikit-learn's `C`), searched from `start`; nil where
  /// `shouldStop` says so.
  package func fit(
    strength: Double, from start: LinearHead? = nil, shouldStop: () -> Bool = { false }
  ) -> Fit? {
    guard present.count > 1 else { return onlyClass }
    objective.strength = strength
    let point = start.map(self.point) ?? [Double](repeating: 0, count: objective.parameterCount)
    let precondition = preconditioner(at: point, strength)
    let search = LimitedMemoryBFGS(
      function: { objective.value($0, &$1) }, precondition: precondition)
    guard let minimum = search.minimum(from: point, shouldStop: shouldStop) else { return nil }
    let weights = minimum.point.prefix(objective.vectors * objective.columns)
    let penalty = 0.5 * weights.reduce(0) { $0 + $1 * $1 }
    let norm = minimum.gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return Fit(
      head: head(minimum.point), objective: minimum.value,
      loss: (minimum.value - penalty) / strength / Double(objective.rows), gradientNorm: norm,
      iterations: minimum.iterations, isConverged: minimum.isConverged)
  }

  /// The objective at `head` and strength `strength`.
  func objective(of head: LinearHead, strength: Double) -> Double {
    objective.strength = strength
    var gradient = [Double](repeating: 0, count: objective.parameterCount)
    return objective.value(point(head), &gradient)
  }

  /// What rows of one class alone teach.
  private var onlyClass: Fit {
    var bias = [Float](repeating: Self.absent, count: classes)
    for label in present { bias[label] = 0 }
    return Fit(
      head: head(Matrix(rows: classes, columns: objective.columns), bias),
      objective: 0, loss: 0, gradientNorm: 0, iterations: 0, isConverged: true)
  }

  /// Solves with C · h · Σ xᵀx + 1 for each vector, and with C · h · rows for each intercept.
  private func preconditioner(at point: [Double], _ strength: Double) -> (inout [Double]) -> Void {
    let (size, vectors) = (objective.columns, objective.vectors)
    let curvature = strength * max(1e-6, objective.curvature(at: point))
    var matrix = covariance.map { curvature * $0 }
    for index in 0..<size { matrix[index * (size + 1)] += 1 }
    let factor = CholeskyFactor(matrix, size: size, floor: 1e-6)
    let intercept = curvature * Double(objective.rows)
    return { [objective] vector in
      vector.withUnsafeMutableBufferPointer { values in
        let values = values
        objective.forEachVector { index in
          factor.solve(
            UnsafeMutableBufferPointer(rebasing: values[index * size..<(index + 1) * size]))
        }
        for index in vectors * size..<values.count { values[index] /= intercept }
      }
    }
  }

  private func head(_ weight: Matrix, _ bias: [Float]) -> LinearHead {
    LinearHead(
      weight: weight, bias: bias, pooling: form?.pooling ?? .mean,
      features: form?.features ?? .text, kind: form?.kind ?? .classes)
  }

  /// The head of a point: on states as they are, not centred.
  private func head(_ point: [Double]) -> LinearHead {
    let (columns, means) = (objective.columns, objective.means)
    var weight = Matrix(rows: classes, columns: columns)
    var bias = [Float](repeating: Self.absent, count: classes)
    func put(_ label: Int, _ vector: Int, scale: Double) {
      let values = point[vector * columns..<(vector + 1) * columns]
      var shift = 0.0
      for (column, value) in values.enumerated() {
        weight.values[label * columns + column] = Float(scale * value)
        shift += value * means[column]
      }
      bias[label] = Float(scale * (point[objective.vectors * columns + vector] - shift))
    }
    if present.count == 2 {
      put(present[0], 0, scale: -0.5)
      put(present[1], 0, scale: 0.5)
      return head(weight, bias)
    }
    for (vector, label) in present.enumerated() { put(label, vector, scale: 1) }
    // All intercepts may move together: with mean 0, one logit at least is 0 or more.
    let mean = present.reduce(Float(0)) { $0 + bias[$1] } / Float(present.count)
    for label in present { bias[label] -= mean }
    return head(weight, bias)
  }

  /// The point of a head, as `head` makes one.
  private func point(_ head: LinearHead) -> [Double] {
    let (columns, means) = (objective.columns, objective.means)
    func vector(_ label: Int) -> [Double] {
      head.weight.values[label * columns..<(label + 1) * columns].map(Double.init)
    }
    var vectors = present.map(vector)
    var intercepts = present.map { Double(head.bias[$0]) }
    if present.count == 2 {
      vectors = [zip(vectors[0], vectors[1]).map { $1 - $0 }]
      intercepts = [intercepts[1] - intercepts[0]]
    }
    for (index, vector) in vectors.enumerated() {
      intercepts[index] += zip(vector, means).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return vectors.flatMap { $0 } + intercepts
  }
}
