import EPTSystem

/// The JSON header of a safetensors file, checked as strictly as the reference implementation.
///
/// Layout: u64 little-endian header length, header, byte buffer. The tensors must cover the
/// buffer from its first byte to its last without overlap or hole.
struct SafetensorsHeader {
  /// The longest header that the format allows, in bytes.
  static let maximumLength: UInt64 = 100_000_000
  /// The most dimensions of a tensor, as PyTorch and NumPy have it.
  private static let maximumRank = 64

  /// One tensor's line in the header.
  struct Tensor {
    let name: String
    let type: SafetensorsType
    let shape: [Int]
    /// Bytes of the buffer.
    let range: Range<Int>
  }

  let metadata: [ByteName: String]
  /// In the order of their bytes.
  let tensors: [Tensor]
  /// The byte of the file where the buffer begins.
  let bufferStart: Int

  /// Reads and checks the header of the file `bytes`.
  ///
  /// - Throws: `FormatError.truncated`, `.corrupt`, `.foreign` or `.unsupported`.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    guard bytes.count >= 8 else {
      throw FormatError.truncated(path: path, have: bytes.count, expected: 8)
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= Self.maximumLength else {
      if bytes.beginsAsText {
        throw FormatError.foreign(
          path: path, what: "text", expected: "a safetensors file",
          hint: "name a checkpoint's folder, or its weights")
      }
      throw FormatError.corrupt(
        path: path, location: "byte 0",
        reason: "a header of \(length) bytes is claimed, at most \(Self.maximumLength) are allowed")
    }
    bufferStart = 8 + Int(length)
    guard bufferStart <= bytes.count else {
      throw FormatError.truncated(path: path, have: bytes.count, expected: bufferStart)
    }
    let text = UnsafeRawBufferPointer(rebasing: bytes[8..<bufferStart])
    guard text.first == UInt8(ascii: "{") else {
      throw FormatError.corrupt(
        path: path, location: "byte 8", reason: "the header does not start with {")
    }
    var metadata: [ByteName: String]?
    var tensors: [Tensor] = []
    var parser = JSONParser(bytes: text, memory: JSONParser.memory(forFileOf: bytes.count))
    do {
      // Without a tree of all values, which would take many times the memory of their text.
      _ = try parser.document { parser in
        try parser.members { parser, key in
          if key == "__metadata__" {
            guard metadata == nil else { throw parser.repeated(key) }
            metadata = try Self.metadata(&parser, path: path)
          } else {
            tensors.append(try Self.tensor(key, &parser, path: path))
          }
        }
      }
    } catch let error as JSONError {
      throw FormatError.corrupt(
        path: path, location: "byte \(8 + error.offset)",
        reason: "the header is not JSON: \(error.reason)")
    }
    try Self.checkNames(tensors, path: path)
    tensors.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    try Self.checkCover(
      tensors, bufferStart: bufferStart, buffer: bytes.count - bufferStart, path: path)
    self.metadata = metadata ?? [:]
    self.tensors = tensors
  }

  private static func metadata(
    _ parser: inout JSONParser, path: String
  ) throws -> [ByteName: String] {
    var metadata: [ByteName: String] = [:]
    let isObject = try parser.members { parser, key in
      guard let text = try parser.scalar()?.string else {
        throw FormatError.corrupt(
          path: path, location: "__metadata__", reason: "`\(key)` is not a string")
      }
      try parser.count((String, String).self, places: 2)
      guard metadata.updateValue(text, forKey: ByteName(key)) == nil else {
        throw parser.repeated(key)
      }
    }
    guard isObject else {
      throw FormatError.corrupt(path: path, location: "__metadata__", reason: "not an object")
    }
    return metadata
  }

  private static func tensor(
    _ name: String, _ parser: inout JSONParser, path: String
  ) throws -> Tensor {
    func fault(_ reason: String) -> FormatError {
      .corrupt(path: path, location: "tensor `\(name)`", reason: reason)
    }
    var typeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    var known: [String] = []
    let isObject = try parser.members { parser, key in
      guard ["dtype", "shape", "data_offsets"].contains(key) else {
        _ = try parser.scalar()
        return
      }
      guard !known.contains(key) else { throw parser.repeated(key) }
      known.append(key)
      switch key {
      case "dtype": typeName = try parser.scalar()?.string
      case "shape": shape = try sizes(&parser)
      default: offsets = try sizes(&parser)
      }
    }
    guard isObject, let typeName else { throw fault("no dtype") }
    guard let type = SafetensorsType(rawValue: typeName) else {
      throw FormatError.unsupported(
        path: path, what: "type \(typeName) of tensor `\(name)`",
        hint: "known are \(SafetensorsType.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard let shape else {
      throw fault("its shape is not a list of at most \(maximumRank) sizes")
    }
    guard let offsets, offsets.count == 2 else {
      throw fault("its data_offsets are not two offsets")
    }
    guard offsets[0] <= offsets[1] else { throw fault("it ends before it begins") }
    guard let size = type.byteCount(shape: shape) else {
      throw fault("\(shape) elements of \(typeName) are no whole number of bytes below 2^63")
    }
    guard offsets[1] - offsets[0] == size else {
      throw fault("\(shape) of \(typeName) takes \(size) bytes, not \(offsets[1] - offsets[0])")
    }
    return Tensor(name: name, type: type, shape: shape, range: offsets[0]..<offsets[1])
  }

  /// Reads a list of sizes; nil where something else stands or there are too many.
  private static func sizes(_ parser: inout JSONParser) throws -> [Int]? {
    var sizes: [Int] = []
    var isList = true
    let isArray = try parser.elements { parser in
      let size = try parser.scalar()?.integer ?? -1
      isList = isList && size >= 0 && sizes.count < maximumRank
      if isList { sizes.append(size) }
    }
    guard isArray else {
      _ = try parser.scalar()
      return nil
    }
    return isList ? sizes : nil
  }

  /// Checks that no two of `tensors` have one name.
  private static func checkNames(_ tensors: [Tensor], path: String) throws {
    let names = tensors.map(\.name).sorted { ContainerLayout.precedes($0, $1) }
    for (first, second) in zip(names, names.dropFirst())
    where !ContainerLayout.precedes(first, second) {
      throw FormatError.corrupt(
        path: path, location: "tensor `\(second)`", reason: "its name stands twice")
    }
  }

  /// Checks that `tensors`, in order of their bytes, cover exactly `buffer` bytes.
  private static func checkCover(
    _ tensors: [Tensor], bufferStart: Int, buffer: Int, path: String
  ) throws {
    var end = 0
    for tensor in tensors {
      guard tensor.range.lowerBound == end else {
        throw FormatError.corrupt(
          path: path, location: "tensor `\(tensor.name)`",
          reason: tensor.range.lowerBound < end
            ? "it overlaps the tensor before it"
            : "\(tensor.range.lowerBound - end) bytes before it belong to no tensor")
      }
      end = tensor.range.upperBound
    }
    if end > buffer {
      let (expected, overflows) = bufferStart.addingReportingOverflow(end)
      throw FormatError.truncated(
        path: path, have: bufferStart + buffer, expected: overflows ? .max : expected)
    }
    guard end == buffer else {
      throw FormatError.corrupt(
        path: path, location: "byte \(bufferStart + end)",
        reason: "\(buffer - end) bytes after the last tensor belong to no tensor")
    }
  }
}
