import EPTSystem

/// What a GGUF file says before its numbers (as ggml describes the format): metadata, and where each tensor lies.
struct GGUFHeader {
  /// One tensor.
  struct Tensor {
    let name: String
    let type: GGUFType?
    /// The type's number, also of one that is not read.
    let typeNumber: UInt32
    /// Sizes, outermost first; row-major.
    let shape: [Int]
    /// Where its bytes lie in the file; empty for a type that is not read.
    var bytes: Range<Int>
  }

  static let magic = Array("GGUF".utf8)
  private static let versions: ClosedRange<UInt32> = 2...3
  private static let usualAlignment = 32
  private static let greatestAlignment = 1 << 20
  private static let longestKey = 65_535
  /// ggml itself has room for 64.
  private static let longestName = 255
  /// More keys and tensors than any model has; what is kept of each takes more than it does in a file.
  private static let mostEntries = 1 << 16
  private static let mostDimensions: UInt32 = 4

  let version: Int
  private(set) var metadata: [ByteName: GGUFValue] = [:]
  private(set) var tensors: [Tensor] = []

  /// Reads the header of `bytes`, the whole file at `path`.
  ///
  /// - Throws: `FormatError.truncated`, `.corrupt` or `.unsupported`.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    var reader = GGUFValueReader(fields: FieldReader(bytes))
    func located<Value>(
      _ location: @autoclosure () -> String, _ read: () throws -> Value
    ) throws -> Value {
      do {
        return try read()
      } catch let fault as GGUFValueReader.Fault {
        if fault.isEnd {
          throw FormatError.truncated(path: path, have: bytes.count, expected: bytes.count + 1)
        }
        throw FormatError.corrupt(path: path, location: location(), reason: fault.reason)
      }
    }
    func corrupt(_ location: String, _ reason: String) -> FormatError {
      .corrupt(path: path, location: location, reason: reason)
    }
    guard let magic = reader.fields.take(4), magic.elementsEqual(Self.magic) else {
      throw corrupt("byte 0", "a GGUF file begins with GGUF")
    }
    let version = try located("byte 4") { try reader.integer(UInt32.self) }
    guard Self.versions.contains(version) else {
      let isSwapped = Self.versions.contains(version.byteSwapped)
      throw FormatError.unsupported(
        path: path, what: isSwapped ? "a big-endian GGUF file" : "version \(version) of GGUF",
        hint: "little-endian files of version 2 and 3 are read; convert the model anew")
    }
    self.version = Int(version)
    // A tensor takes at least 32 bytes here, a key and its value 13.
    let tensorCount = try located("byte 8, the number of tensors") { try reader.count(size: 32) }
    let keyCount = try located("byte 16, the number of keys") { try reader.count(size: 13) }
    guard tensorCount <= Self.mostEntries, keyCount <= Self.mostEntries else {
      throw FormatError.unsupported(
        path: path, what: "a file with \(keyCount) keys and \(tensorCount) tensors",
        hint: "at most \(Self.mostEntries) of each make sense")
    }
    for index in 0..<keyCount {
      let key = try located("key \(index + 1) of the metadata") { try reader.string() }
      guard !key.isEmpty, key.utf8.count <= Self.longestKey else {
        throw corrupt("key \(index + 1) of the metadata", "it has \(key.utf8.count) bytes")
      }
      let value = try located("`\(key)` of the metadata") { try reader.value() }
      guard metadata.updateValue(value, forKey: ByteName(key)) == nil else {
        throw corrupt("`\(key)` of the metadata", "it stands twice")
      }
    }
    var infos: [(tensor: Tensor, offset: Int)] = []
    var names: Set<ByteName> = []
    for index in 0..<tensorCount {
      let name = try located("tensor \(index + 1)") { try reader.string() }
      guard !name.isEmpty, name.utf8.count <= Self.longestName else {
        throw corrupt("tensor \(index + 1)", "its name has \(name.utf8.count) bytes")
      }
      guard names.insert(ByteName(name)).inserted else {
        throw corrupt("tensor `\(name)`", "it stands twice")
      }
      infos.append(try located("tensor `\(name)`") { try Self.info(name, &reader) })
    }
    try place(
      infos, from: reader.fields.position, alignment: try alignment(path: path), bytes.count,
      path: path)
  }

  /// A tensor's description, and where its bytes begin among all tensors'.
  private static func info(
    _ name: String, _ reader: inout GGUFValueReader
  ) throws(GGUFValueReader.Fault) -> (tensor: Tensor, offset: Int) {
    let dimensions = try reader.integer(UInt32.self)
    guard (1...mostDimensions).contains(dimensions) else {
      throw GGUFValueReader.Fault(
        reason: "it has \(dimensions) dimensions, not 1 to \(mostDimensions)")
    }
    var shape: [Int] = []
    for _ in 0..<dimensions {
      guard let size = Int(exactly: try reader.integer(UInt64.self)), size > 0 else {
        throw GGUFValueReader.Fault(reason: "one of its sizes is 0 or beyond 63 bits")
      }
      // The innermost comes first.
      shape.insert(size, at: 0)
    }
    let number = try reader.integer(UInt32.self)
    guard let offset = Int(exactly: try reader.integer(UInt64.self)) else {
      throw GGUFValueReader.Fault(reason: "its offset is beyond 63 bits")
    }
    let tensor = Tensor(
      name: name, type: GGUFType(rawValue: number), typeNumber: number, shape: shape, bytes: 0..<0)
    return (tensor, offset)
  }

  private func alignment(path: String) throws -> Int {
    guard let value = metadata[ByteName("general.alignment")] else { return Self.usualAlignment }
    guard let alignment = value.integer, alignment >= 8, alignment <= Self.greatestAlignment,
      alignment % 8 == 0
    else {
      throw FormatError.corrupt(
        path: path, location: "`general.alignment` of the metadata",
        reason: "it must be a multiple of 8, at most \(Self.greatestAlignment)")
    }
    return alignment
  }

  /// Checks where the tensors lie: within the file, and none on another.
  private mutating func place(
    _ infos: [(tensor: Tensor, offset: Int)], from end: Int, alignment: Int, _ fileSize: Int,
    path: String
  ) throws {
    func fault(_ tensor: Tensor, _ reason: String) -> FormatError {
      .corrupt(path: path, location: "tensor `\(tensor.name)`", reason: reason)
    }
    let start = (end + alignment - 1) / alignment * alignment
    for (tensor, offset) in infos {
      var tensor = tensor
      guard offset % alignment == 0 else {
        throw fault(tensor, "its offset \(offset) is no multiple of \(alignment)")
      }
      guard let type = tensor.type else {
        tensors.append(tensor)
        continue
      }
      guard let size = Self.byteCount(type, tensor.shape) else {
        throw fault(
          tensor,
          "its sizes \(tensor.shape) overflow, or its rows are no whole blocks of \(type.blockSize)"
        )
      }
      let (first, overflows) = start.addingReportingOverflow(offset)
      let (last, passes) = first.addingReportingOverflow(size)
      guard !overflows, !passes else { throw fault(tensor, "its offset \(offset) overflows") }
      guard last <= fileSize else {
        throw FormatError.truncated(path: path, have: fileSize, expected: last)
      }
      tensor.bytes = first..<last
      tensors.append(tensor)
    }
    let ordered = tensors.filter { !$0.bytes.isEmpty }.sorted {
      $0.bytes.lowerBound < $1.bytes.lowerBound
    }
    for (one, next) in zip(ordered, ordered.dropFirst())
    where next.bytes.lowerBound < one.bytes.upperBound {
      throw fault(next, "its bytes are also those of tensor `\(one.name)`")
    }
  }

  /// Bytes of a tensor; nil where the size overflows or a row is no whole blocks.
  private static func byteCount(_ type: GGUFType, _ shape: [Int]) -> Int? {
    guard let columns = shape.last, columns % type.blockSize == 0 else { return nil }
    var bytes = type.blockBytes
    for size in shape.dropLast() + [columns / type.blockSize] {
      let (product, overflows) = bytes.multipliedReportingOverflow(by: size)
      guard !overflows else { return nil }
      bytes = product
    }
    return bytes
  }
}
