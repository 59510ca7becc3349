import EPTSystem

/// Writes binary32 tensors as a safetensors file (https://huggingface.co/docs/safetensors).
public struct SafetensorsWriter {
  private struct Tensor {
    let name: String
    let shape: [Int]
    let values: [Float]
  }

  private var tensors: [Tensor] = []
  private let metadata: [(String, String)]

  /// Begins an empty file; `metadata` becomes its `__metadata__`.
  public init(metadata: [(String, String)] = []) {
    self.metadata = metadata
  }

  /// Adds a tensor, row-major.
  ///
  /// - Precondition: `values` has as many numbers as `shape` asks for.
  public mutating func add(_ name: String, shape: [Int], _ values: [Float]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) numbers for \(shape)")
    tensors.append(Tensor(name: name, shape: shape, values: values))
  }

  /// Writes the file to `path`, which is untouched unless all goes well.
  ///
  /// - Throws: `SystemError.outputExists` unless `replacing`, `.system` if the disk refuses.
  public func write(to path: String, replacing: Bool) throws {
    try AtomicFile.write(serialized(), to: path, replacing: replacing)
  }

  /// The whole file.
  package func serialized() -> [UInt8] {
    var members: [JSONMember] = []
    if !metadata.isEmpty {
      members.append(
        JSONMember("__metadata__", .object(metadata.map { JSONMember($0.0, .string($0.1)) })))
    }
    var numbers: [UInt8] = []
    for tensor in tensors {
      let start = numbers.count
      for value in tensor.values { numbers.append(littleEndian: value.bitPattern) }
      members.append(
        JSONMember(
          tensor.name,
          [
            "dtype": .string(SafetensorsType.f32.rawValue),
            "shape": .array(tensor.shape.map { .integer($0) }),
            "data_offsets": [.integer(start), .integer(numbers.count)],
          ]))
    }
    var header = Array(JSON.object(members).serialized().utf8)
    // The numbers begin at a multiple of 8.
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(header.count))
    bytes += header + numbers
    return bytes
  }
}
