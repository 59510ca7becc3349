extension GGUFType {
  /// Decodes one block into `output`, which takes `blockSize` numbers.
  ///
  /// Each product and sum is rounded to binary32 as ggml's and the `gguf` package's are, so that the
  /// numbers are the same to the bit (ggml, `src/ggml-quants.c`).
  func decode(_ block: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>) {
    switch self {
    case .f32: output[0] = Float(bitPattern: block.little(0, UInt32.self))
    case .f16: output[0] = block.half(0)
    case .bf16: output[0] = Float(bitPattern: UInt32(block.little(0, UInt16.self)) << 16)
    case .q8Zero:
      let scale = block.half(0)
      for index in 0..<32 { output[index] = Float(block.signed(2 + index)) * scale }
    case .q4Zero:
      let scale = block.half(0)
      Self.eachHalfByte(block, 2) { output[$0] = scale * Float($1 - 8) }
    case .q4One:
      let (scale, least) = (block.half(0), block.half(2))
      Self.eachHalfByte(block, 4) { output[$0] = scale * Float($1) + least }
    case .q5Zero:
      let (scale, high) = (block.half(0), block.little(2, UInt32.self))
      Self.eachHalfByte(block, 6) {
        output[$0] = scale * Float(($1 | Int(high >> UInt32($0) & 1) << 4) - 16)
      }
    case .q5One:
      let (scale, least) = (block.half(0), block.half(2))
      let high = block.little(4, UInt32.self)
      Self.eachHalfByte(block, 8) {
        output[$0] = scale * Float($1 | Int(high >> UInt32($0) & 1) << 4) + least
      }
    case .q4K: Self.decodeK(block, high: nil, low: 16, into: output)
    case .q5K: Self.decodeK(block, high: 16, low: 48, into: output)
    case .q6K: Self.decode6K(block, into: output)
    }
  }

  /// Calls `body` with the place and value of each half byte of 16 bytes from `offset` on: the lower
  /// ones are numbers 0 to 15, the upper ones 16 to 31.
  private static func eachHalfByte(
    _ block: UnsafeRawPointer, _ offset: Int, _ body: (Int, Int) -> Void
  ) {
    for index in 0..<16 {
      let byte = Int(block.byte(offset + index))
      body(index, byte & 15)
      body(index + 16, byte >> 4)
    }
  }

  /// `Q4_K` and `Q5_K`: eight parts of 32 numbers with a scale and a least number of 6 bits each.
  ///
  /// `high` and `low` are where the fifth bits and the half bytes begin.
  private static func decodeK(
    _ block: UnsafeRawPointer, high: Int?, low: Int, into output: UnsafeMutablePointer<Float>
  ) {
    let (scale, least) = (block.half(0), block.half(2))
    for part in 0..<8 {
      let (factor, shift) = sixBits(block + 4, part)
      let (partScale, partLeast) = (scale * Float(factor), least * Float(shift))
      // Two parts share 32 bytes: the first has the lower half bytes.
      let bytes = low + 32 * (part / 2)
      for index in 0..<32 {
        var value = Int(block.byte(bytes + index)) >> (4 * (part % 2)) & 15
        if let high { value |= (Int(block.byte(high + index)) >> part & 1) << 4 }
        output[32 * part + index] = partScale * Float(value) - partLeast
      }
    }
  }

  /// The scale and the least number of part `part`, which lie packed in 12 bytes.
  private static func sixBits(_ bytes: UnsafeRawPointer, _ part: Int) -> (scale: Int, least: Int) {
    func byte(_ index: Int) -> Int { Int(bytes.byte(index)) }
    guard part >= 4 else { return (byte(part) & 63, byte(part + 4) & 63) }
    let shared = byte(part + 4)
    return (
      shared & 15 | byte(part - 4) >> 2 & 48,
      shared >> 4 | byte(part) >> 2 & 48
    )
  }

  /// `Q6_K`: sixteen parts of 16 numbers with a scale of 8 bits each.
  private static func decode6K(
    _ block: UnsafeRawPointer, into output: UnsafeMutablePointer<Float>
  ) {
    let scale = block.half(208)
    for number in 0..<256 {
      // Each half of 128 numbers has 64 bytes of lower and 32 of upper bits.
      let (half, place) = number.quotientAndRemainder(dividingBy: 128)
      let lower = Int(block.byte(64 * half + place % 64)) >> (4 * (place / 64)) & 15
      let upper = Int(block.byte(128 + 32 * half + place % 32)) >> (2 * (place / 32)) & 3
      let partScale = scale * Float(block.signed(192 + number / 16))
      output[number] = partScale * Float((lower | upper << 4) - 32)
    }
  }
}

extension UnsafeRawPointer {
  fileprivate func little<Field: FixedWidthInteger & BitwiseCopyable>(
    _ offset: Int, _: Field.Type
  ) -> Field {
    Field(littleEndian: loadUnaligned(fromByteOffset: offset, as: Field.self))
  }

  fileprivate func half(_ offset: Int) -> Float {
    Float(Float16(bitPattern: little(offset, UInt16.self)))
  }

  fileprivate func byte(_ offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }

  fileprivate func signed(_ offset: Int) -> Int8 { load(fromByteOffset: offset, as: Int8.self) }
}
