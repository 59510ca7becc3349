/// The JSON header of a safetensors file, checked as strictly as the reference implementation.
///
/// Layout: u64 little-endian header length, header, byte buffer. The tensors must cover the
/// buffer from its first byte to its last without overlap or hole.
struct SafetensorsHeader {
  /// The longest header that the format allows, in bytes.
  static let maximumLength: UInt64 = 100_000_000

  /// One tensor's line in the header.
  struct Tensor {
    let name: String
    let type: SafetensorsType
    let shape: [Int]
    /// Bytes of the buffer.
    let range: Range<Int>
  }

  let metadata: [String: String]
  /// In the order of their bytes.
  let tensors: [Tensor]
  /// The byte of the file where the buffer begins.
  let bufferStart: Int

  /// Reads and checks the header of the file `bytes`.
  ///
  /// - Throws: `FormatError.truncated`, `.corrupt` or `.unsupported`.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    guard bytes.count >= 8 else {
      throw FormatError.truncated(path: path, have: bytes.count, expected: 8)
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= Self.maximumLength else {
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
    let members: [JSONMember]
    do {
      members = try JSON(parsing: text).object ?? []
    } catch let error as JSONError {
      throw FormatError.corrupt(
        path: path, location: "byte \(8 + error.offset)",
        reason: "the header is not JSON: \(error.reason)")
    }
    var metadata: [String: String] = [:]
    var tensors: [Tensor] = []
    tensors.reserveCapacity(members.count)
    for member in members {
      if member.key == "__metadata__" {
        metadata = try Self.metadata(member.value, path: path)
      } else {
        tensors.append(try Self.tensor(member, path: path))
      }
    }
    tensors.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    try Self.checkCover(
      tensors, bufferStart: bufferStart, buffer: bytes.count - bufferStart, path: path)
    self.metadata = metadata
    self.tensors = tensors
  }

  private static func metadata(_ value: JSON, path: String) throws -> [String: String] {
    guard let members = value.object else {
      throw FormatError.corrupt(path: path, location: "__metadata__", reason: "not an object")
    }
    var metadata: [String: String] = [:]
    for member in members {
      guard let text = member.value.string else {
        throw FormatError.corrupt(
          path: path, location: "__metadata__", reason: "`\(member.key)` is not a string")
      }
      metadata[member.key] = text
    }
    return metadata
  }

  private static func tensor(_ member: JSONMember, path: String) throws -> Tensor {
    func fault(_ reason: String) -> FormatError {
      .corrupt(path: path, location: "tensor `\(member.key)`", reason: reason)
    }
    guard let typeName = member.value["dtype"]?.string else { throw fault("no dtype") }
    guard let type = SafetensorsType(rawValue: typeName) else {
      throw FormatError.unsupported(
        path: path, what: "type \(typeName) of tensor `\(member.key)`",
        hint: "known are \(SafetensorsType.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard let shape = sizes(member.value["shape"]) else {
      throw fault("its shape is not a list of sizes")
    }
    guard let offsets = sizes(member.value["data_offsets"]), offsets.count == 2 else {
      throw fault("its data_offsets are not two offsets")
    }
    guard offsets[0] <= offsets[1] else { throw fault("it ends before it begins") }
    guard let size = type.byteCount(shape: shape) else {
      throw fault("\(shape) elements of \(typeName) are no whole number of bytes below 2^63")
    }
    guard offsets[1] - offsets[0] == size else {
      throw fault("\(shape) of \(typeName) takes \(size) bytes, not \(offsets[1] - offsets[0])")
    }
    return Tensor(name: member.key, type: type, shape: shape, range: offsets[0]..<offsets[1])
  }

  private static func sizes(_ value: JSON?) -> [Int]? {
    guard let values = value?.array else { return nil }
    let sizes = values.compactMap { $0.integer }
    guard sizes.count == values.count, sizes.allSatisfy({ $0 >= 0 }) else { return nil }
    return sizes
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
