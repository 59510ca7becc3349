import EPTCompute
import Glibc

/// What logistic regression with an L2 penalty minimises.
///
/// It is the objective of scikit-learn's `LogisticRegression`:
///
///     C · Σᵢ cᵢ · (log Σₖ exp zᵢₖ - zᵢ,yᵢ) + ½ ‖W‖²,   z = x·Wᵀ + b
///
/// `c` is the weight of the row's class, and the intercepts `b` are not penalised. With two classes `W`
/// has one row `w` and z = (0, x·w + b), which is another penalty than that of two rows.
///
/// Rows are binary32 and so are the products with them; all sums over rows are binary64.
final class LogisticObjective {
  /// Rows whose logits are computed together: with their features they fit a second-level cache.
  private static let block = 512

  let classes: Int
  /// Rows of `W`: one for two classes, else one a class.
  let vectors: Int
  /// `d`.
  let columns: Int
  /// `[rows, d]`, each column with mean 0: that leaves the minimum where it is and the intercepts apart
  /// from the weights.
  private(set) var features: Matrix
  /// What was subtracted from each column, `[d]`.
  private(set) var means: [Double]
  private let labels: [Int]
  private let classWeights: [Double]
  private let product: DenseProduct
  private let workspace: Workspace
  /// How many pieces rows are cut into: it depends on sizes alone, and with it the rounding of sums.
  private let pieces: Int
  /// `C`.
  var strength = 1.0

  /// Takes `features`, `[rows, d]`, over; row `i` is of class `labels[i]`.
  init(
    _ features: consuming Matrix, labels: [Int], classes: Int, classWeights: [Double],
    product: DenseProduct, threads: Int
  ) {
    self.classes = classes
    self.classWeights = classWeights
    self.labels = labels
    self.product = product
    vectors = classes == 2 ? 1 : classes
    columns = features.columns
    let rows = features.rows
    // Sums of binary64 for each piece, at most some 64 MB.
    let room = (1 << 23) / max(1, vectors * features.columns)
    pieces = min(max(4, min(64, room)), max(1, rows / Self.block))
    workspace = Workspace(threads: threads)
    means = [Double](repeating: 0, count: columns)
    self.features = features
    centre()
  }

  var rows: Int { labels.count }

  /// How many numbers a point has: the weights, then the intercepts.
  var parameterCount: Int { vectors * (columns + 1) }

  private func rows(of piece: Int) -> Range<Int> {
    rows * piece / pieces..<rows * (piece + 1) / pieces
  }

  /// Gives every column mean 0.
  private func centre() {
    let columns = columns
    let sums = perPiece(columns) { rows, view, sums, _ in
      for row in rows {
        let values = view.row(row)
        for column in 0..<columns { sums[column] += Double(values[column]) }
      }
    }
    means = sums.map { $0 / Double(rows) }
    let shifts = means.map { Float($0) }
    // What was subtracted is the rounded mean, and the intercepts must know it.
    means = shifts.map(Double.init)
    _ = perPiece(0) { rows, view, _, _ in
      for row in rows {
        let values = view.row(row)
        for column in 0..<columns { values[column] -= shifts[column] }
      }
    }
  }

  /// Runs `body` for each piece's rows on all threads; the sum over pieces, in their order, of the
  /// `count` numbers that each fills.
  private func perPiece(
    _ count: Int,
    _ body: (
      _ rows: Range<Int>, _ features: MatrixView, _ sums: UnsafeMutableBufferPointer<Double>,
      _ arena: Arena
    ) -> Void
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: pieces * count)
    let (rows, columns) = (rows, columns)
    features.values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      let view = MatrixView(base: base, rows: rows, columns: columns)
      sums.withUnsafeMutableBufferPointer { sums in
        workspace.forEach(pieces) { piece, arena in
          let own = sums[count * piece..<count * (piece + 1)]
          body(self.rows(of: piece), view, UnsafeMutableBufferPointer(rebasing: own), arena)
        }
      }
    }
    var total = Array(sums.prefix(count))
    for piece in 1..<max(1, pieces) {
      for index in 0..<count { total[index] += sums[piece * count + index] }
    }
    return total
  }

  /// The objective at `point`; puts its gradient into `gradient`.
  func value(_ point: [Double], _ gradient: inout [Double]) -> Double {
    let (vectors, columns) = (vectors, columns)
    let weight = point.prefix(vectors * columns).map { Float($0) }
    let intercepts = Array(point[(vectors * columns)...])
    var weights = Matrix(rows: vectors, columns: columns, values: weight)
    // The loss stands behind the gradient's numbers.
    let sums = weights.values.withUnsafeMutableBufferPointer { values -> [Double] in
      guard let base = values.baseAddress else { return [] }
      let view = MatrixView(base: base, rows: vectors, columns: columns)
      return perPiece(parameterCount + 1) { rows, features, sums, arena in
        for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.block) {
          arena.temporary {
            add(
              start..<min(rows.upperBound, start + Self.block), of: features, view, intercepts,
              to: sums, in: arena)
          }
        }
      }
    }
    var penalty = 0.0
    for index in 0..<vectors * columns {
      gradient[index] = strength * sums[index] + point[index]
      penalty += point[index] * point[index]
    }
    for index in vectors * columns..<parameterCount { gradient[index] = strength * sums[index] }
    return strength * sums[parameterCount] + 0.5 * penalty
  }

  /// Adds one block's gradient and loss to `sums`.
  private func add(
    _ rows: Range<Int>, of features: MatrixView, _ weights: MatrixView, _ intercepts: [Double],
    to sums: UnsafeMutableBufferPointer<Double>, in arena: Arena
  ) {
    let slopes = arena.matrix(rows.count, vectors)  // [block, vectors]
    let block = features.rows(rows)  // [block, d]
    product.multiply(block, weights, transposeB: true, into: slopes)
    let end = parameterCount
    for (index, row) in rows.enumerated() {
      let slope = slopes.row(index)
      let label = labels[row]
      let share = classWeights[label]
      let loss =
        classes == 2
        ? Self.twoClasses(slope, intercepts[0], isSecond: label == 1)
        : Self.manyClasses(slope, intercepts, label)
      sums[end] += share * loss
      for vector in 0..<vectors {
        slope[vector] *= Float(share)
        sums[vectors * columns + vector] += Double(slope[vector])
      }
    }
    let gradient = arena.matrix(vectors, columns)  // [vectors, d]
    product.multiply(slopes, transposeA: true, block, into: gradient)
    for index in 0..<vectors * columns { sums[index] += Double(gradient.base[index]) }
  }

  /// The loss of one row; its derivative by the logit takes the logit's place.
  private static func twoClasses(
    _ logit: UnsafeMutablePointer<Float>, _ intercept: Double, isSecond: Bool
  ) -> Double {
    let z = Double(logit[0]) + intercept
    let margin = isSecond ? z : -z
    // exp of what is not positive: neither overflows nor loses a small loss.
    let tail = exp(-abs(margin))
    let wrong = margin > 0 ? tail / (1 + tail) : 1 / (1 + tail)
    logit[0] = Float(isSecond ? -wrong : wrong)
    return log1p(tail) + max(0, -margin)
  }

  /// The loss of one row; softmax - one-hot takes the logits' place.
  private static func manyClasses(
    _ logits: UnsafeMutablePointer<Float>, _ intercepts: [Double], _ label: Int
  ) -> Double {
    let count = intercepts.count
    for index in 0..<count { logits[index] += Float(intercepts[index]) }
    let most = kernels.maximum(logits, Int64(count))
    let shifted = Double(logits[label]) - Double(most)
    _ = kernels.exp_sum(logits, most, Int64(count))
    // Of the largest logit the exponential is 1. The rest is summed apart, so that a small loss and a
    // small slope stay as they are.
    var best = 0
    while best < count - 1, logits[best] < 1 { best += 1 }
    var rest = 0.0
    for index in 0..<count where index != best { rest += Double(logits[index]) }
    let total = 1 + rest
    for index in 0..<count { logits[index] = Float(Double(logits[index]) / total) }
    if label == best {
      logits[label] = Float(-rest / total)
    } else {
      logits[label] -= 1
    }
    return log1p(rest) - shifted
  }
}

extension LogisticObjective {
  /// `Σ xᵢᵀxᵢ`, `[d, d]`, over about `limit` rows at even distances, scaled to all of them.
  func covariance(rows limit: Int) -> [Double] {
    let (all, columns) = (rows, columns)
    let distance = max(1, all / max(1, limit))
    let count = (all + distance - 1) / distance
    // Blocks of columns, each on its thread: all of them read the same rows.
    let width = 64
    var result = Matrix(rows: columns, columns: columns)
    features.values.withUnsafeMutableBufferPointer { values in
      result.values.withUnsafeMutableBufferPointer { result in
        guard let from = values.baseAddress, let to = result.baseAddress else { return }
        let rows = MatrixView(base: from, rows: count, columns: columns, stride: distance * columns)
        let output = MatrixView(base: to, rows: columns, columns: columns)
        workspace.forEach((columns + width - 1) / width) { piece, _ in
          let range = piece * width..<min(columns, (piece + 1) * width)
          product.multiply(
            rows.columns(range), transposeA: true, rows, into: output.rows(range))
        }
      }
    }
    let scale = Double(all) / Double(count)
    return result.values.map { scale * Double($0) }
  }

  /// The mean over rows of their weight times `p · (1 - p)`, the curvature of a loss by a logit; of more
  /// than two classes that of the softmax, whose classes share it.
  func curvature(at point: [Double]) -> Double {
    let scores = scores(at: point)
    var sum = 0.0
    for (row, label) in labels.enumerated() {
      let logits = scores[row * vectors..<(row + 1) * vectors]
      let share = classWeights[label]
      if classes == 2 {
        let tail = exp(-abs(Double(logits[row])))
        sum += share * tail / ((1 + tail) * (1 + tail))
      } else {
        let most = Double(logits.max() ?? 0)
        let weights = logits.map { exp(Double($0) - most) }
        let total = weights.reduce(0, +)
        let squares = weights.reduce(0) { $0 + $1 * $1 }
        sum += share * (1 - squares / (total * total)) / Double(classes - 1)
      }
    }
    return sum / Double(max(1, rows))
  }

  /// All logits, row by row.
  private func scores(at point: [Double]) -> [Float] {
    let (vectors, columns, count) = (vectors, columns, rows)
    var weights = point.prefix(vectors * columns).map { Float($0) }
    var scores = [Float](repeating: 0, count: count * vectors)
    weights.withUnsafeMutableBufferPointer { weights in
      scores.withUnsafeMutableBufferPointer { scores in
        guard let from = weights.baseAddress, let to = scores.baseAddress else { return }
        let weights = MatrixView(base: from, rows: vectors, columns: columns)
        let output = MatrixView(base: to, rows: count, columns: vectors)
        _ = perPiece(0) { rows, features, _, _ in
          product.multiply(
            features.rows(rows), weights, transposeB: true, into: output.rows(rows))
          for row in rows {
            for vector in 0..<vectors {
              output.row(row)[vector] += Float(point[vectors * columns + vector])
            }
          }
        }
      }
    }
    return scores
  }

  /// What a preconditioner of this objective solves with, one vector of `W` after another.
  func forEachVector(_ body: (Int) -> Void) {
    workspace.forEach(vectors) { vector, _ in body(vector) }
  }

  /// The rows' weights, summed.
  var totalWeight: Double { labels.reduce(0) { $0 + classWeights[$1] } }
}
