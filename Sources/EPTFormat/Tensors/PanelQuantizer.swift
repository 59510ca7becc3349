import CEPTKernels

/// Makes the bytes and scales of a `q8` or `q4` matrix, docs/reference/format.md.
package struct PanelQuantizer {
  /// Why some rows could not be encoded.
  package enum Fault: Error {
    /// A number is NaN or infinite.
    case notFinite
    /// A scale is more than binary16 can hold.
    case scaleTooLarge
  }

  private static let instructionSet = Int32(ept_isa_chosen().rawValue)

  /// The layout of the whole matrix.
  package let geometry: PanelGeometry
  private let encoding: TensorEncoding

  /// Prepares a matrix of `rows` by `columns`; nil where `encoding` has no panels.
  package init?(_ encoding: TensorEncoding, rows: Int, columns: Int) {
    guard let geometry = PanelGeometry(encoding, rows: rows, columns: columns) else { return nil }
    self.geometry = geometry
    self.encoding = encoding
  }

  /// Encodes some of the matrix's rows, whole panels but for the matrix's last.
  ///
  /// - Parameters:
  ///   - values: The rows. `[rows, columns]`
  ///   - rows: How many there are.
  /// - Returns: The panels' bytes and their scales, each as they stand in the payload.
  /// - Throws: `Fault`.
  package func panels(
    of values: UnsafePointer<Float>, rows: Int
  ) throws(Fault) -> (codes: [UInt8], scales: [UInt8]) {
    let height = PanelGeometry.rowsPerPanel
    let panels = (rows + height - 1) / height
    let scalesSize = geometry.scalesPerRow * height * geometry.scaleSize
    var result = EPT_QUANTIZED
    var scales = [UInt8](repeating: 0, count: panels * scalesSize)
    let codes = [UInt8](unsafeUninitializedCapacity: panels * panelSize) { codes, initialized in
      scales.withUnsafeMutableBytes { scales in
        for panel in 0..<panels where result == EPT_QUANTIZED {
          guard let code = codes.baseAddress, let scale = scales.baseAddress else { continue }
          result = quantize(
            values + panel * height * geometry.columns, rows: min(height, rows - panel * height),
            codes: code + panel * panelSize, scales: scale + panel * scalesSize)
        }
      }
      initialized = result == EPT_QUANTIZED ? panels * panelSize : 0
    }
    switch result {
    case EPT_QUANTIZED: return (codes, scales)
    case EPT_SCALE_TOO_LARGE: throw .scaleTooLarge
    default: throw .notFinite
    }
  }

  private var panelSize: Int { geometry.groups * geometry.blockSize }

  private func quantize(
    _ values: UnsafePointer<Float>, rows: Int, codes: UnsafeMutablePointer<UInt8>,
    scales: UnsafeMutableRawPointer
  ) -> ept_quantized {
    let (rows, columns) = (Int64(rows), Int64(geometry.columns))
    return encoding == .q8
      ? ept_quantize_q8(
        Self.instructionSet, values, rows, columns, codes,
        scales.assumingMemoryBound(to: Float.self))
      : ept_quantize_q4(
        Self.instructionSet, values, rows, columns, codes,
        scales.assumingMemoryBound(to: UInt16.self))
  }
}
