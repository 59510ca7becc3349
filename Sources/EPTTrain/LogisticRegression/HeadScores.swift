import EPTCompute
import EPTModel

extension LinearHead {
  /// The outputs for each row of `features`, `[rows, outputs]`.
  package func scores(_ features: Matrix) -> Matrix {
    var scores = Matrix(rows: features.rows, columns: weight.rows)
    guard features.rows > 0 else { return scores }
    features.values.withUnsafeBufferPointer { features in
      weight.values.withUnsafeBufferPointer { weights in
        scores.values.withUnsafeMutableBufferPointer { scores in
          guard let x = features.baseAddress, let w = weights.baseAddress,
            let z = scores.baseAddress
          else { return }
          let columns = weight.columns
          let rows = features.count / columns
          // Views of matrices that are only read.
          Product.multiply(
            MatrixView(base: UnsafeMutablePointer(mutating: x), rows: rows, columns: columns),
            MatrixView(
              base: UnsafeMutablePointer(mutating: w), rows: weight.rows, columns: columns),
            transposeB: true, into: MatrixView(base: z, rows: rows, columns: weight.rows))
          for row in 0..<rows {
            for index in bias.indices { z[row * bias.count + index] += bias[index] }
          }
        }
      }
    }
    return scores
  }
}
