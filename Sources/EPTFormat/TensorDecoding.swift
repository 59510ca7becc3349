extension StoredTensor {
  /// All numbers as binary32, row-major.
  public func floats() -> [Float] {
    floats(in: 0..<count)
  }

  /// The numbers at `range` of the row-major order as binary32.
  ///
  /// `range` must lie within `0..<count`.
  public func floats(in range: Range<Int>) -> [Float] {
    guard !range.isEmpty else { return [] }
    return [Float](unsafeUninitializedCapacity: range.count) { output, initialized in
      switch encoding {
      case .f32:
        UnsafeMutableRawBufferPointer(output).copyMemory(
          from: UnsafeRawBufferPointer(
            rebasing: bytes[4 * range.lowerBound..<4 * range.upperBound]))
      case .f16:
        for index in range {
          let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
          output[index - range.lowerBound] = Float(Float16(bitPattern: bits))
        }
      case .bf16:
        for index in range {
          let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
          output[index - range.lowerBound] = Float(bitPattern: UInt32(bits) << 16)
        }
      case .q8:
        decodeRows(range, into: output)
      }
      initialized = range.count
    }
  }

  private func decodeRows(_ range: Range<Int>, into output: UnsafeMutableBufferPointer<Float>) {
    let columns = shape[1]
    for row in range.lowerBound / columns...(range.upperBound - 1) / columns {
      let bits = bytes.loadUnaligned(fromByteOffset: count + 4 * row, as: UInt32.self)
      let scale = Float(bitPattern: bits)
      for index in range.clamped(to: row * columns..<(row + 1) * columns) {
        output[index - range.lowerBound] = scale * Float(Int8(bitPattern: bytes[index]))
      }
    }
  }
}
