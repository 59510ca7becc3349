import EPTSystem

extension StoredTensor {
  /// All numbers as binary32, row-major.
  ///
  /// - Throws: `FormatError.corrupt` for a compressed tensor that cannot be decoded.
  public func floats() throws -> [Float] {
    try floats(in: 0..<count)
  }

  /// The numbers at `range` of the row-major order as binary32.
  ///
  /// `range` must lie within `0..<count`.
  ///
  /// - Throws: `FormatError.corrupt` for a compressed tensor that cannot be decoded.
  public func floats(in range: Range<Int>) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: range.count) { output, initialized in
      try decode(range, into: output)
      initialized = range.count
    }
  }

  /// Calls `body` with the numbers at `range` of the row-major order as binary32: where they lie, or
  /// decoded.
  ///
  /// `range` must lie within `0..<count`.
  ///
  /// - Throws: `FormatError.corrupt` for a compressed tensor that cannot be decoded, and what `body`
  ///   throws.
  package func withFloats<Result>(
    in range: Range<Int>, _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) throws -> Result {
    if encoding == .f32, let address = bytes.baseAddress,
      UInt(bitPattern: address) % UInt(MemoryLayout<Float>.alignment) == 0
    {
      let numbers = (address + 4 * range.lowerBound).assumingMemoryBound(to: Float.self)
      return try body(UnsafeBufferPointer(start: numbers, count: range.count))
    }
    return try floats(in: range).withUnsafeBufferPointer(body)
  }

  private func byteRange(_ range: Range<Int>) -> Range<Int> {
    let size = encoding == .f32 ? 4 : 2
    return size * range.lowerBound..<size * range.upperBound
  }

  /// Row `row` of a matrix as binary32.
  ///
  /// The shape must be `[rows, columns]` and `row` within `0..<rows`.
  ///
  /// - Throws: `FormatError.corrupt` for a compressed tensor that cannot be decoded.
  public func floats(row: Int) throws -> [Float] {
    try floats(in: row * shape[1]..<(row + 1) * shape[1])
  }

  /// Decodes the numbers at `range` of the row-major order into `output`, which takes as many.
  ///
  /// - Throws: `FormatError.corrupt` for a compressed tensor that cannot be decoded.
  public func decode(_ range: Range<Int>, into output: UnsafeMutableBufferPointer<Float>) throws {
    guard !range.isEmpty else { return }
    switch encoding {
    case .f32: decode(range, as: .f32, into: output)
    case .f16: decode(range, as: .f16, into: output)
    case .bf16: decode(range, as: .bf16, into: output)
    case .q8, .q4:
      if let panels { decode(range, in: panels, into: output) }
    }
  }

  private func decode(
    _ range: Range<Int>, as type: SafetensorsType, into output: UnsafeMutableBufferPointer<Float>
  ) {
    type.decode(
      UnsafeRawBufferPointer(rebasing: bytes[byteRange(range)]),
      into: UnsafeMutableBufferPointer(rebasing: output[..<range.count]))
  }

  /// Decodes a part of a quantised matrix row by row.
  private func decode(
    _ range: Range<Int>, in panels: PanelGeometry, into output: UnsafeMutableBufferPointer<Float>
  ) {
    let width = panels.columns
    for row in range.lowerBound / width...(range.upperBound - 1) / width {
      let part = range.clamped(to: row * width..<(row + 1) * width)
      let start = part.lowerBound - range.lowerBound
      let columns = part.lowerBound - row * width..<part.upperBound - row * width
      let numbers = UnsafeMutableBufferPointer(rebasing: output[start..<start + part.count])
      if encoding == .q8 {
        decodeBytes(row, columns, in: panels, into: numbers)
      } else {
        decodeHalfBytes(row, columns, in: panels, into: numbers)
      }
    }
  }

  private func decodeBytes(
    _ row: Int, _ columns: Range<Int>, in panels: PanelGeometry,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    let (panel, lane) = row.quotientAndRemainder(dividingBy: PanelGeometry.rowsPerPanel)
    let bits = bytes.loadUnaligned(
      fromByteOffset: panels.scaleOffset(panel: panel) + 4 * lane, as: UInt32.self)
    let scale = Float(bitPattern: UInt32(littleEndian: bits))
    let start = panels.blockOffset(panel: panel, group: 0) + 4 * lane
    for column in columns {
      let byte = bytes[start + column / 4 * panels.blockSize + column % 4]
      output[column - columns.lowerBound] = scale * Float(Int(byte) - 128)
    }
  }

  private func decodeHalfBytes(
    _ row: Int, _ columns: Range<Int>, in panels: PanelGeometry,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    let (panel, lane) = row.quotientAndRemainder(dividingBy: PanelGeometry.rowsPerPanel)
    let size = panels.columnsPerGroup
    for group in columns.lowerBound / size...(columns.upperBound - 1) / size {
      let bits = bytes.loadUnaligned(
        fromByteOffset: panels.scaleOffset(panel: panel, group: group) + 2 * lane, as: UInt16.self)
      let scale = Float(Float16(bitPattern: UInt16(littleEndian: bits)))
      let start = panels.blockOffset(panel: panel, group: group) + lane
      for column in columns.clamped(to: group * size..<(group + 1) * size) {
        // The first half of a group's columns is in the low half bytes, the second in the high.
        let (half, place) = (column - group * size).quotientAndRemainder(dividingBy: size / 2)
        let pair = bytes[start + place * PanelGeometry.rowsPerPanel]
        output[column - columns.lowerBound] = scale * Float(Int(pair >> (4 * half) & 15) - 8)
      }
    }
  }
}
