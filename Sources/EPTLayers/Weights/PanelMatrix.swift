import CEPTKernels
import EPTCompute
import EPTFormat
import Synchronization

/// A frozen matrix of bytes with one scale a row, in the panels of docs/reference/format.md.
///
/// Panels of a `q8` tensor are used where the file is mapped; other encodings are quantised once.
package final class PanelMatrix: Sendable {
  /// The longest row whose sums fit 32 bits.
  package static let longestRow = Int(EPT_INT8_LONGEST_ROW)

  package let rows: Int
  package let columns: Int
  private nonisolated(unsafe) let codes: UnsafePointer<UInt8>
  private nonisolated(unsafe) let scaleNumbers: UnsafePointer<Float>?
  /// The tensor whose bytes these are, nil if this object allocated them.
  private let mapped: StoredTensor?
  private let cachedTranspose = Mutex<PanelMatrix?>(nil)

  /// - Throws: `FormatError.corrupt` for a compressed tensor that cannot be decoded.
  package init(_ tensor: StoredTensor) throws {
    (rows, columns) = (tensor.shape[0], tensor.shape[1])
    if tensor.encoding == .q8, let panels = tensor.panels, let address = tensor.bytes.baseAddress {
      codes = address.assumingMemoryBound(to: UInt8.self)
      scaleNumbers = (address + panels.scalesOffset).assumingMemoryBound(to: Float.self)
      mapped = tensor
    } else {
      (codes, scaleNumbers) = Self.quantized(try tensor.floats(), rows: rows, columns: columns)
      mapped = nil
    }
  }

  /// `Wᵀ` of a matrix whose scales are left to its products.
  private init(transposing matrix: PanelMatrix) {
    (rows, columns) = (matrix.columns, matrix.rows)
    let size = (rows + 15) / 16 * ((columns + 3) / 4) * 64
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(64, size), alignment: 64)
      .assumingMemoryBound(to: UInt8.self)
    ept_int8_transpose(matrix.codes, Int64(matrix.rows), Int64(matrix.columns), bytes)
    codes = UnsafePointer(bytes)
    scaleNumbers = nil
    mapped = nil
  }

  deinit {
    guard mapped == nil else { return }
    UnsafeMutablePointer(mutating: codes).deallocate()
    if let scaleNumbers { UnsafeMutablePointer(mutating: scaleNumbers).deallocate() }
  }

  /// Bytes of one panel.
  private var panelBytes: Int { (columns + 3) / 4 * 64 }

  /// One scale a row, filled up to a multiple of 16; nil for scales of 1.
  package var scales: UnsafePointer<Float>? { scaleNumbers }

  /// `Wᵀ` without the scales, made at the first use.
  package var transposed: PanelMatrix {
    cachedTranspose.withLock { cached in
      if let cached { return cached }
      let matrix = PanelMatrix(transposing: self)
      cached = matrix
      return matrix
    }
  }

  /// Some rows, from a multiple of 16 on, and columns, from a multiple of 4 on; valid as long as
  /// this object.
  package func part(rows: Range<Int>, columns: Range<Int>) -> ept_int8_weights {
    precondition(rows.lowerBound % 16 == 0 && rows.upperBound <= self.rows)
    precondition(columns.lowerBound % 4 == 0 && columns.upperBound <= self.columns)
    return ept_int8_weights(
      codes: codes + rows.lowerBound / 16 * panelBytes + columns.lowerBound / 4 * 64,
      scales: scaleNumbers.map { $0 + rows.lowerBound }, outputs: Int64(rows.count),
      inputs: Int64(columns.count), panel_bytes: Int64(panelBytes))
  }

  /// Puts some rows as binary32 into `output`, `[rows.count, columns]`.
  package func decode(_ rows: Range<Int>, into output: UnsafeMutablePointer<Float>) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= self.rows)
    var all = part(rows: 0..<self.rows, columns: 0..<columns)
    ept_int8_decode(&all, Int64(rows.lowerBound), Int64(rows.upperBound), output)
  }

  /// Panels of `values`, `[rows, columns]`.
  ///
  /// A panel with a number that is not finite gets scales of NaN, so that no product hides it.
  private static func quantized(
    _ values: [Float], rows: Int, columns: Int
  ) -> (UnsafePointer<UInt8>, UnsafePointer<Float>) {
    let panels = (rows + 15) / 16
    let panelBytes = (columns + 3) / 4 * 64
    let codes = UnsafeMutableRawPointer.allocate(
      byteCount: max(64, panels * panelBytes), alignment: 64
    ).assumingMemoryBound(to: UInt8.self)
    let scales = UnsafeMutablePointer<Float>.allocate(capacity: max(1, 16 * panels))
    let set = Int32(ept_isa_chosen().rawValue)
    values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      for panel in 0..<panels {
        let (first, place) = (16 * panel, codes + panel * panelBytes)
        let status = ept_quantize_q8(
          set, base + first * columns, Int64(min(16, rows - first)), Int64(columns), place,
          scales + first)
        guard status != EPT_QUANTIZED else { continue }
        place.update(repeating: 128, count: panelBytes)
        (scales + first).update(repeating: .nan, count: 16)
      }
    }
    return (UnsafePointer(codes), UnsafePointer(scales))
  }
}
