import EPTFormat
import Foundation

/// Makes safetensors files for tests, well-formed or not.
public enum SafetensorsBytes {
  /// A tensor to write.
  public struct Tensor {
    public let name: String
    public let type: String
    public let shape: [Int]
    public let bytes: [UInt8]

    public init(_ name: String, type: String, shape: [Int], bytes: [UInt8]) {
      self.name = name
      self.type = type
      self.shape = shape
      self.bytes = bytes
    }

    /// A tensor of binary32.
    public init(_ name: String, shape: [Int], floats: [Float]) {
      self.init(
        name, type: "F32", shape: shape,
        bytes: floats.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
    }
  }

  /// A file with the given header text and buffer, whatever they say.
  public static func file(header: String, buffer: [UInt8] = []) -> [UInt8] {
    file(header: Array(header.utf8), buffer: buffer)
  }

  /// A file with the given header bytes and buffer, whatever they say.
  public static func file(header: [UInt8], buffer: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header + buffer
  }

  /// A well-formed file of `tensors`.
  public static func file(_ tensors: [Tensor]) -> [UInt8] {
    var buffer: [UInt8] = []
    let members = tensors.map { tensor in
      let start = buffer.count
      buffer += tensor.bytes
      return JSONMember(
        tensor.name,
        .object([
          JSONMember("dtype", .string(tensor.type)),
          JSONMember("shape", .array(tensor.shape.map { .integer($0) })),
          JSONMember("data_offsets", .array([.integer(start), .integer(buffer.count)])),
        ]))
    }
    return file(header: JSON.object(members).serialized(), buffer: buffer)
  }
}

extension TestPaths {
  /// Writes `bytes` to `name` in `folder` and gives the path.
  public static func write(_ bytes: [UInt8], to name: String, in folder: String) throws -> String {
    let path = folder + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// The whole file at `path`.
  public static func read(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
