/// The number types that the safetensors format names.
///
/// The raw value is the name in a header.
public enum SafetensorsType: String, CaseIterable, Sendable {
  case bool = "BOOL"
  case f4 = "F4"
  case f6e2m3 = "F6_E2M3"
  case f6e3m2 = "F6_E3M2"
  case u8 = "U8"
  case i8 = "I8"
  case f8e5m2 = "F8_E5M2"
  case f8e4m3 = "F8_E4M3"
  case f8e8m0 = "F8_E8M0"
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  case f8e5m2fnuz = "F8_E5M2FNUZ"
  case i16 = "I16"
  case u16 = "U16"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  case c64 = "C64"
  case f64 = "F64"
  case i64 = "I64"
  case u64 = "U64"

  /// Bits of one element.
  public var bits: Int {
    switch self {
    case .f4: 4
    case .f6e2m3, .f6e3m2: 6
    case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
    case .i16, .u16, .f16, .bf16: 16
    case .i32, .u32, .f32: 32
    case .c64, .f64, .i64, .u64: 64
    }
  }

  /// The encoding that holds the numbers of a weight, those of `f64` rounded; nil for types that are
  /// no weights here.
  public var encoding: TensorEncoding? {
    switch self {
    case .f32, .f64: .f32
    case .f16: .f16
    case .bf16: .bf16
    default: nil
    }
  }

  /// The same of tensor `name` in the file at `path`.
  ///
  /// - Throws: `FormatError.unsupported` for a type that is no weight.
  func weightEncoding(of name: String, path: String) throws -> TensorEncoding {
    guard let encoding else {
      throw FormatError.unsupported(
        path: path, what: "type \(rawValue) of tensor `\(name)`",
        hint: "weights must be F64, F32, F16 or BF16")
    }
    return encoding
  }

  /// The bytes of a tensor of `shape`, nil where the size overflows or ends within a byte.
  func byteCount(shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard !overflows else { return nil }
      count = product
    }
    let (total, overflows) = count.multipliedReportingOverflow(by: bits)
    guard !overflows, total % 8 == 0 else { return nil }
    return total / 8
  }

  /// Decodes `elements` of a type of weights into `output`, which takes as many; none of others.
  func decode(
    _ elements: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>
  ) {
    func each<Bits: FixedWidthInteger & BitwiseCopyable>(_ number: (Bits) -> Float) {
      for index in output.indices {
        let offset = index * MemoryLayout<Bits>.size
        output[index] = number(
          Bits(littleEndian: elements.loadUnaligned(fromByteOffset: offset, as: Bits.self)))
      }
    }
    switch self {
    case .f64: each { Float(Double(bitPattern: $0)) }
    case .f32: UnsafeMutableRawBufferPointer(output).copyMemory(from: elements)
    case .f16: each { Float(Float16(bitPattern: $0)) }
    case .bf16: each { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    default: break
    }
  }
}
