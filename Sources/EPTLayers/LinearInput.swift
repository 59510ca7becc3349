import CEPTKernels
import EPTCompute

/// Rows that frozen matrices are multiplied with, quantised once for all products with them.
package struct LinearInput {
  enum Form {
    /// The rows as they are. `[rows, columns]`
    case numbers(MatrixView)
    /// The rows as codes, for products in int8.
    case codes(ept_int8_rows)
  }

  package let rows: Int
  package let columns: Int
  let form: Form

  /// Memory of `arena` for rows as codes, not yet filled.
  private static func room(_ rows: Int, _ columns: Int, in arena: Arena) -> ept_int8_rows {
    let bytes = Int(int8Kernels.row_bytes(Int64(columns)))
    return ept_int8_rows(
      codes: arena.words(rows * bytes / 4), scales: arena.floats(rows),
      offsets: arena.words(rows))
  }

  /// Quantises `rows`, times `factors` of their columns, in memory of `arena`.
  init(quantizing rows: MatrixView, factors: UnsafePointer<Float>?, in arena: Arena) {
    (self.rows, columns) = (rows.rows, rows.columns)
    let codes = Self.room(rows.rows, rows.columns, in: arena)
    int8Kernels.quantize(
      rows.base, Int64(rows.stride), factors, Int64(rows.rows), Int64(rows.columns), codes)
    form = .codes(codes)
  }

  /// Quantises rows as they are made: `body` makes a few, `[range.count, columns]`.
  init(
    quantizing rows: Int, _ columns: Int, in arena: Arena, _ body: (Range<Int>) -> MatrixView
  ) {
    (self.rows, self.columns) = (rows, columns)
    let codes = Self.room(rows, columns, in: arena)
    let bytes = Int(int8Kernels.row_bytes(Int64(columns)))
    for first in stride(from: 0, to: rows, by: 8) {
      let part = first..<min(rows, first + 8)
      let made = body(part)
      precondition(made.rows == part.count && made.columns == columns)
      int8Kernels.quantize(
        made.base, Int64(made.stride), nil, Int64(made.rows), Int64(columns),
        ept_int8_rows(
          codes: codes.codes + first * bytes, scales: codes.scales + first,
          offsets: codes.offsets + first))
    }
    form = .codes(codes)
  }

  init(_ rows: MatrixView) {
    (self.rows, columns) = (rows.rows, rows.columns)
    form = .numbers(rows)
  }
}
