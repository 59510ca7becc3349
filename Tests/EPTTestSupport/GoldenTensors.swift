import EPTFormat
import EPTSystem

/// Expected values that a reference implementation wrote into a safetensors file.
public struct GoldenTensors {
  private let file: SafetensorsFile

  /// Opens the file at `path`.
  public init(path: String) throws {
    file = try SafetensorsFile(path: path)
  }

  /// The file's `__metadata__`.
  public var metadata: [ByteName: String] { file.metadata }

  /// All names, in file order.
  public var names: [String] { file.tensorNames }

  /// The sizes of tensor `name`, outermost first.
  public func shape(_ name: String) throws -> [Int] {
    try entry(name).shape
  }

  /// The numbers of tensor `name`, row-major, rounded to binary32.
  public func floats(_ name: String) throws -> [Float] {
    let entry = try entry(name)
    return entry.type == .f32
      ? numbers(entry) { Float(bitPattern: UInt32(littleEndian: $0)) }
      : try doubles(name).map { Float($0) }
  }

  /// The numbers of tensor `name`, row-major, whatever their type.
  public func doubles(_ name: String) throws -> [Double] {
    let entry = try entry(name)
    switch entry.type {
    case .f64: return numbers(entry) { Double(bitPattern: UInt64(littleEndian: $0)) }
    case .f32: return numbers(entry) { Double(Float(bitPattern: UInt32(littleEndian: $0))) }
    case .f16: return numbers(entry) { Double(Float16(bitPattern: UInt16(littleEndian: $0))) }
    case .bf16:
      return numbers(entry) { (bits: UInt16) in
        Double(Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16))
      }
    default: return try integers(name).map { Double($0) }
    }
  }

  /// The whole numbers of tensor `name`, row-major.
  public func integers(_ name: String) throws -> [Int] {
    let entry = try entry(name)
    switch entry.type {
    case .bool, .u8: return numbers(entry) { (value: UInt8) in Int(value) }
    case .i8: return numbers(entry) { (value: Int8) in Int(value) }
    case .i16: return numbers(entry) { (value: Int16) in Int(Int16(littleEndian: value)) }
    case .i32: return numbers(entry) { (value: Int32) in Int(Int32(littleEndian: value)) }
    case .i64: return numbers(entry) { (value: Int64) in Int(Int64(littleEndian: value)) }
    default:
      throw FormatError.unsupported(
        path: file.path, what: "\(entry.type.rawValue) of `\(name)` as whole numbers",
        hint: "read it as floats or doubles")
    }
  }

  private func entry(_ name: String) throws -> SafetensorsFile.Entry {
    guard let entry = file.entry(name) else {
      throw FormatError.missingTensor(path: file.path, tensor: name)
    }
    return entry
  }

  private func numbers<Stored: BitwiseCopyable, Number>(
    _ entry: SafetensorsFile.Entry, _ convert: (Stored) -> Number
  ) -> [Number] {
    let size = MemoryLayout<Stored>.size
    return withExtendedLifetime(file) {
      (0..<entry.bytes.count / size).map {
        convert(entry.bytes.loadUnaligned(fromByteOffset: $0 * size, as: Stored.self))
      }
    }
  }
}

extension StoredTensor {
  /// A copy of the encoded numbers.
  public var copiedBytes: [UInt8] {
    withExtendedLifetime(self) { Array(bytes) }
  }
}
