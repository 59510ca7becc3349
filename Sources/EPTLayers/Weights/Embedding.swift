import EPTCompute
import EPTFormat

/// A frozen matrix that rows are looked up in.
///
/// Rows of `q8` are decoded one by one; nothing else of the matrix is touched.
package struct Embedding: Sendable {
  private enum Storage: Sendable {
    case floats(WeightMatrix)
    case panels(PanelMatrix)
  }

  private let storage: Storage
  package let rows: Int
  package let columns: Int

  /// The rows of `tensor`.
  ///
  /// - Throws: `FormatError`.
  package init(_ tensor: StoredTensor, _ precision: Precision?) throws {
    (rows, columns) = (tensor.shape[0], tensor.shape[1])
    let isPanels = tensor.encoding == .q8 || tensor.encoding == .q4 && precision != .f32
    if isPanels, columns <= PanelMatrix.longestRow {
      storage = .panels(try PanelMatrix(tensor))
    } else {
      storage = .floats(
        WeightMatrix(storage: try WeightStorage(tensor), rows: rows, columns: columns))
    }
  }

  /// The rows of `matrix`.
  package init(_ matrix: WeightMatrix) {
    storage = .floats(matrix)
    rows = matrix.rows
    columns = matrix.columns
  }

  /// The panels, if the matrix lies in them.
  package var panels: PanelMatrix? {
    if case .panels(let panels) = storage { panels } else { nil }
  }

  /// Copies row `index` to `output`, `[columns]`.
  package func copy(_ index: Int, to output: UnsafeMutablePointer<Float>) {
    switch storage {
    case .floats(let matrix): output.update(from: matrix.view.row(index), count: columns)
    case .panels(let panels): panels.decode(index..<index + 1, into: output)
    }
  }

  /// Some rows as they lie, or decoded into memory of `arena`. `[range.count, columns]`
  package func rows(_ range: Range<Int>, in arena: Arena) -> MatrixView {
    switch storage {
    case .floats(let matrix): return matrix.view.rows(range)
    case .panels(let panels):
      let rows = arena.matrix(range.count, columns)
      panels.decode(range, into: rows.base)
      return rows
    }
  }
}
