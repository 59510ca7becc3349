/// The records between a container's preamble and its payloads.
struct ContainerHeader {
  /// In order of their names' bytes, as `tensors`; payloads lie in the same order.
  var sections: [SectionRecord] = []
  var tensors: [TensorRecord] = []

  /// The records as bytes.
  func serialized() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(sections.count))
    bytes.append(littleEndian: UInt32(tensors.count))
    for section in sections {
      bytes.append(littleEndian: UInt32(section.name.utf8.count))
      bytes.append(littleEndian: UInt64(section.range.lowerBound))
      bytes.append(littleEndian: UInt64(section.range.count))
      bytes.append(littleEndian: section.checksum)
      bytes += section.digest.bytes
      bytes += section.name.utf8
    }
    for tensor in tensors {
      bytes.append(littleEndian: UInt32(tensor.name.utf8.count))
      bytes.append(littleEndian: tensor.encoding.rawValue)
      bytes.append(littleEndian: tensor.codec.rawValue)
      bytes.append(littleEndian: UInt32(tensor.shape.count))
      bytes.append(littleEndian: UInt32(0))
      bytes.append(littleEndian: UInt64(tensor.range.lowerBound))
      bytes.append(littleEndian: UInt64(tensor.storedSize))
      bytes.append(littleEndian: UInt64(tensor.logicalSize))
      bytes.append(littleEndian: tensor.checksum)
      bytes += tensor.digest.bytes
      for size in tensor.shape { bytes.append(littleEndian: UInt64(size)) }
      bytes += tensor.name.utf8
    }
    return bytes
  }

  init() {}

  /// Reads and checks the records in `bytes` of a file of `totalLength` bytes.
  ///
  /// - Throws: `FormatError.corrupt` or `.unsupported`.
  init(_ bytes: UnsafeRawBufferPointer, totalLength: Int, path: String) throws {
    var parser = ContainerHeaderParser(bytes, path: path)
    (sections, tensors) = try parser.records(totalLength: totalLength)
  }
}

private struct ContainerHeaderParser {
  private let path: String
  private var reader: FieldReader
  /// Where the last payload so far ends.
  private var end: Int

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.path = path
    reader = FieldReader(bytes)
    end = ContainerLayout.preambleSize + bytes.count
  }

  mutating func records(
    totalLength: Int
  ) throws -> ([SectionRecord], [TensorRecord]) {
    let sectionCount = try size(UInt32.self)
    let tensorCount = try size(UInt32.self)
    // No memory is claimed for more records than the bytes can hold.
    guard sectionCount <= reader.remaining / ContainerLayout.sectionRecordSize,
      tensorCount <= reader.remaining / ContainerLayout.tensorRecordSize
    else { throw fault("\(sectionCount) sections and \(tensorCount) tensors do not fit in it") }

    var sections: [SectionRecord] = []
    sections.reserveCapacity(sectionCount)
    for _ in 0..<sectionCount { sections.append(try section(after: sections.last?.name)) }
    var tensors: [TensorRecord] = []
    tensors.reserveCapacity(tensorCount)
    for _ in 0..<tensorCount { tensors.append(try tensor(after: tensors.last?.name)) }
    guard reader.remaining == 0 else {
      throw fault("\(reader.remaining) bytes follow the last record")
    }
    guard end == totalLength else {
      throw fault("the payloads end at byte \(end) of a file of \(totalLength)")
    }
    return (sections, tensors)
  }

  private func fault(_ reason: String) -> FormatError {
    .corrupt(
      path: path, location: "header byte \(ContainerLayout.preambleSize + reader.position)",
      reason: reason)
  }

  private mutating func integer<Field: FixedWidthInteger & BitwiseCopyable>(
    _ type: Field.Type
  ) throws -> Field {
    guard let value = reader.integer(type) else { throw fault("the header ends within a record") }
    return value
  }

  private mutating func size<Field: UnsignedInteger & FixedWidthInteger & BitwiseCopyable>(
    _ type: Field.Type
  ) throws -> Int {
    guard let value = Int(exactly: try integer(type)) else { throw fault("a size above 2^63") }
    return value
  }

  private mutating func digest() throws -> SHA256Digest {
    guard let bytes = reader.take(SHA256Digest.byteCount), let digest = SHA256Digest(bytes: bytes)
    else { throw fault("the header ends within a record") }
    return digest
  }

  private mutating func name(length: Int, after previous: String?) throws -> String {
    guard let bytes = reader.take(length) else { throw fault("the header ends within a name") }
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw fault("a name that is not UTF-8")
    }
    if let reason = ContainerLayout.fault(inName: name) { throw fault(reason) }
    if let previous, !ContainerLayout.precedes(previous, name) {
      throw fault("`\(name)` stands after `\(previous)`, so names repeat or are not in order")
    }
    return name
  }

  /// The bytes of the next payload, which must begin at the first aligned byte after the last.
  private mutating func range(offset: Int, size: Int) throws -> Range<Int> {
    guard offset == ContainerLayout.align(end) else {
      throw fault("a payload at byte \(offset) does not follow the one that ends at \(end)")
    }
    let (next, overflows) = offset.addingReportingOverflow(size)
    guard !overflows else { throw fault("a payload of \(size) bytes at byte \(offset)") }
    end = next
    return offset..<next
  }

  private mutating func section(after previous: String?) throws -> SectionRecord {
    let nameLength = try size(UInt32.self)
    let range = try range(offset: size(UInt64.self), size: size(UInt64.self))
    let checksum = try integer(UInt64.self)
    let digest = try digest()
    return SectionRecord(
      name: try name(length: nameLength, after: previous), range: range, checksum: checksum,
      digest: digest)
  }

  private mutating func tensor(after previous: String?) throws -> TensorRecord {
    let nameLength = try size(UInt32.self)
    let encodingCode = try integer(UInt16.self)
    let codecCode = try integer(UInt16.self)
    let rank = try size(UInt32.self)
    let reserved = try integer(UInt32.self)
    let offset = try size(UInt64.self)
    let storedSize = try size(UInt64.self)
    let logicalSize = try size(UInt64.self)
    let checksum = try integer(UInt64.self)
    let digest = try digest()
    guard rank <= ContainerLayout.maximumRank else {
      throw fault("rank \(rank), at most \(ContainerLayout.maximumRank) are allowed")
    }
    let shape = try (0..<rank).map { _ in try size(UInt64.self) }
    let name = try name(length: nameLength, after: previous)
    guard let encoding = TensorEncoding(rawValue: encodingCode) else {
      let known = TensorEncoding.allCases.map(\.name).joined(separator: ", ")
      throw FormatError.unsupported(
        path: path, what: "encoding \(encodingCode) of tensor `\(name)`",
        hint: "this eptc reads \(known)")
    }
    guard let codec = PayloadCodec(rawValue: codecCode) else {
      throw FormatError.unsupported(
        path: path, what: "codec \(codecCode) of tensor `\(name)`",
        hint: "a newer eptc wrote it; use that one or convert again")
    }
    guard reserved == 0 else { throw fault("reserved bytes of `\(name)` are not zero") }
    guard let bytes = encoding.byteCount(shape: shape) else {
      throw fault("\(encoding.name) of shape \(shape), tensor `\(name)`, has no size below 2^63")
    }
    guard bytes == logicalSize, codec != .raw || bytes == storedSize else {
      throw fault(
        "tensor `\(name)` takes \(bytes) bytes, not \(storedSize) stored and \(logicalSize) logical"
      )
    }
    if codec == .planes {
      let layout = PlaneLayout(encoding, count: shape.reduce(1, *))
      guard let layout, storedSize >= layout.leastStoredSize, storedSize < bytes else {
        throw fault(
          "tensor `\(name)`, \(encoding.name) of shape \(shape), cannot be compressed to \(storedSize) bytes"
        )
      }
    }
    return TensorRecord(
      name: name, shape: shape, encoding: encoding, codec: codec,
      range: try range(offset: offset, size: storedSize), logicalSize: logicalSize,
      checksum: checksum, digest: digest)
  }
}
