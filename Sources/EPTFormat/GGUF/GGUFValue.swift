/// A value of a GGUF file's metadata.
public enum GGUFValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case bool(Bool)
  case string(String)
  case strings([String])
  case integers([Int])
  case numbers([Double])
  /// An array of bytes.
  case bytes([UInt8])
  /// An array of truth values or arrays, or a whole number beyond `Int`: nothing reads them.
  case unread

  public var integer: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  /// The number, whole or not.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  public var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  public var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  public var strings: [String]? {
    guard case .strings(let values) = self else { return nil }
    return values
  }

  public var integers: [Int]? {
    guard case .integers(let values) = self else { return nil }
    return values
  }

  public var numbers: [Double]? {
    guard case .numbers(let values) = self else { return nil }
    return values
  }

  public var bytes: [UInt8]? {
    guard case .bytes(let values) = self else { return nil }
    return values
  }
}

/// Reads metadata's values, never past the end.
struct GGUFValueReader {
  /// The types of values, by their numbers in a file.
  private enum Kind: UInt32 {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64
    case float64

    /// Bytes of the shortest value.
    var leastSize: Int {
      switch self {
      case .uint8, .int8, .bool: 1
      case .uint16, .int16: 2
      case .uint32, .int32, .float32: 4
      case .string, .uint64, .int64, .float64: 8
      case .array: 12
      }
    }
  }

  /// Why a value cannot be read.
  struct Fault: Error {
    let reason: String
    /// Whether the file ends within it.
    var isEnd = false

    static let end = Fault(reason: "it goes on beyond the file's end", isEnd: true)
  }

  /// Arrays within arrays: deeper ones are no file's of a model.
  private static let deepest = 4

  var fields: FieldReader

  mutating func integer<Field: FixedWidthInteger & BitwiseCopyable>(
    _ type: Field.Type
  ) throws(Fault) -> Field {
    guard let value = fields.integer(type) else { throw .end }
    return value
  }

  /// A count that what remains of the file has room for, at `size` bytes each.
  mutating func count(size: Int) throws(Fault) -> Int {
    let count = try integer(UInt64.self)
    guard count <= UInt64(fields.remaining / size) else {
      throw Fault(reason: "it is said to have \(count) parts, more than the file has room for")
    }
    return Int(count)
  }

  mutating func string() throws(Fault) -> String {
    guard let bytes = fields.take(try count(size: 1)) else { throw .end }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Fault(reason: "it is not UTF-8")
    }
    return text
  }

  /// The type of a value and the value.
  mutating func value() throws(Fault) -> GGUFValue {
    try value(of: kind())
  }

  private mutating func kind() throws(Fault) -> Kind {
    let number = try integer(UInt32.self)
    guard let kind = Kind(rawValue: number) else {
      throw Fault(reason: "its type is number \(number), which GGUF does not have")
    }
    return kind
  }

  private mutating func value(of kind: Kind) throws(Fault) -> GGUFValue {
    switch kind {
    case .uint8: return .integer(Int(try integer(UInt8.self)))
    case .int8: return .integer(Int(try integer(Int8.self)))
    case .uint16: return .integer(Int(try integer(UInt16.self)))
    case .int16: return .integer(Int(try integer(Int16.self)))
    case .uint32: return .integer(Int(try integer(UInt32.self)))
    case .int32: return .integer(Int(try integer(Int32.self)))
    case .int64: return .integer(Int(try integer(Int64.self)))
    case .uint64: return Int(exactly: try integer(UInt64.self)).map { .integer($0) } ?? .unread
    case .float32: return .number(Double(Float(bitPattern: try integer(UInt32.self))))
    case .float64: return .number(Double(bitPattern: try integer(UInt64.self)))
    case .bool:
      let byte = try integer(UInt8.self)
      guard byte <= 1 else { throw Fault(reason: "a truth value is \(byte)") }
      return .bool(byte == 1)
    case .string: return .string(try string())
    case .array: return try array(depth: 1)
    }
  }

  private mutating func array(depth: Int) throws(Fault) -> GGUFValue {
    let kind = try kind()
    let count = try count(size: kind.leastSize)
    switch kind {
    case .string:
      var values: [String] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try string()) }
      return .strings(values)
    case .float32, .float64:
      var values: [Double] = []
      values.reserveCapacity(count)
      for _ in 0..<count { values.append(try value(of: kind).number ?? 0) }
      return .numbers(values)
    case .uint8, .int8:
      guard let bytes = fields.take(count) else { throw .end }
      return .bytes(Array(bytes))
    case .bool:
      guard fields.take(count) != nil else { throw .end }
      return .unread
    case .array:
      guard depth < Self.deepest else { throw Fault(reason: "its arrays are too deep") }
      for _ in 0..<count { _ = try array(depth: depth + 1) }
      return .unread
    default:
      var values: [Int] = []
      values.reserveCapacity(count)
      for _ in 0..<count {
        guard let value = try value(of: kind).integer else {
          throw Fault(reason: "one of its numbers is beyond 63 bits")
        }
        values.append(value)
      }
      return .integers(values)
    }
  }
}
