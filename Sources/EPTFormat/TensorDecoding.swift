extension StoredTensor {
  /// All numbers as binary32, row-major.
  public func floats() -> [Float] {
    let count = count
    guard count > 0 else { return [] }
    return [Float](unsafeUninitializedCapacity: count) { output, initialized in
      switch encoding {
      case .f32:
        UnsafeMutableRawBufferPointer(output).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[..<(4 * count)]))
      case .f16:
        for index in 0..<count {
          let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
          output[index] = Float(Float16(bitPattern: bits))
        }
      case .bf16:
        for index in 0..<count {
          let bits = bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
          output[index] = Float(bitPattern: UInt32(bits) << 16)
        }
      case .q8:
        let rows = shape[0]
        let columns = count / rows
        for row in 0..<rows {
          let scale = Float(
            bitPattern: bytes.loadUnaligned(fromByteOffset: count + 4 * row, as: UInt32.self))
          for index in row * columns..<(row + 1) * columns {
            output[index] = scale * Float(Int8(bitPattern: bytes[index]))
          }
        }
      }
      initialized = count
    }
  }
}
