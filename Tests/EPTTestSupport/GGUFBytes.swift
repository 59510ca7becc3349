/// Makes GGUF files, whole ones and others.
public enum GGUFBytes {
  /// A value of the metadata.
  public enum Value {
    case uint32(UInt32)
    case float32(Float)
    case bool(Bool)
    case string(String)
    case strings([String])
    case int32s([Int32])
    case float32s([Float])
    case uint8s([UInt8])
  }

  /// A tensor, its sizes innermost first as a file has them.
  public struct Tensor {
    public var name: String
    public var sizes: [UInt64]
    public var type: UInt32
    public var bytes: [UInt8]

    public init(_ name: String, sizes: [UInt64], type: UInt32 = 0, bytes: [UInt8]) {
      self.name = name
      self.sizes = sizes
      self.type = type
      self.bytes = bytes
    }
  }

  /// A file of these parts.
  public static func file(
    version: UInt32 = 3, metadata: [(String, Value)] = [], tensors: [Tensor] = []
  ) -> [UInt8] {
    var bytes = Array("GGUF".utf8)
    append(version, to: &bytes)
    append(UInt64(tensors.count), to: &bytes)
    append(UInt64(metadata.count), to: &bytes)
    for (key, value) in metadata {
      append(key, to: &bytes)
      append(value, to: &bytes)
    }
    var offset = 0
    for tensor in tensors {
      append(tensor.name, to: &bytes)
      append(UInt32(tensor.sizes.count), to: &bytes)
      for size in tensor.sizes { append(size, to: &bytes) }
      append(tensor.type, to: &bytes)
      append(UInt64(offset), to: &bytes)
      offset += (tensor.bytes.count + 31) / 32 * 32
    }
    for tensor in tensors {
      bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32)
      bytes += tensor.bytes
    }
    return bytes
  }

  private static func append(_ value: Value, to bytes: inout [UInt8]) {
    func kind(_ number: UInt32) { append(number, to: &bytes) }
    func array(_ number: UInt32, _ count: Int) {
      kind(9)
      kind(number)
      append(UInt64(count), to: &bytes)
    }
    switch value {
    case .uint32(let number):
      kind(4)
      append(number, to: &bytes)
    case .float32(let number):
      kind(6)
      append(number.bitPattern, to: &bytes)
    case .bool(let flag):
      kind(7)
      bytes.append(flag ? 1 : 0)
    case .string(let text):
      kind(8)
      append(text, to: &bytes)
    case .strings(let texts):
      array(8, texts.count)
      for text in texts { append(text, to: &bytes) }
    case .int32s(let numbers):
      array(5, numbers.count)
      for number in numbers { append(number, to: &bytes) }
    case .float32s(let numbers):
      array(6, numbers.count)
      for number in numbers { append(number.bitPattern, to: &bytes) }
    case .uint8s(let numbers):
      array(0, numbers.count)
      bytes += numbers
    }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    append(UInt64(text.utf8.count), to: &bytes)
    bytes += text.utf8
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }
}
