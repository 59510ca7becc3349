/// The first 128 bytes of a container.
struct ContainerPreamble {
  let totalLength: Int
  let headerLength: Int
  let requiredFeatures: ContainerFeatures
  /// SHA-256 over the preamble, this field zero, and the header.
  let digest: SHA256Digest

  /// The preamble of a file of `totalLength` bytes with the given header, and its digest.
  static func serialized(
    kind: ContainerKind, totalLength: Int, header: [UInt8],
    requiredFeatures: ContainerFeatures = []
  ) -> (bytes: [UInt8], digest: SHA256Digest) {
    var bytes = kind.magic
    bytes.append(littleEndian: ContainerLayout.version)
    bytes.append(littleEndian: ContainerLayout.byteOrderMark)
    bytes.append(littleEndian: UInt64(totalLength))
    bytes.append(littleEndian: UInt64(header.count))
    bytes.append(littleEndian: requiredFeatures.rawValue)
    // Optional features, room: all zero in version 1.
    bytes += [UInt8](repeating: 0, count: ContainerLayout.preambleSize - bytes.count)
    let digest = SHA256.digest(of: bytes + header)
    let place = ContainerLayout.digestOffset
    bytes.replaceSubrange(place..<place + SHA256Digest.byteCount, with: digest.bytes)
    return (bytes, digest)
  }

  /// Reads and checks the preamble of the file `bytes`, whose header it finds whole.
  ///
  /// - Throws: `FormatError.foreign`, `.unsupported`, `.truncated` or `.corrupt`.
  init(_ bytes: UnsafeRawBufferPointer, kind: ContainerKind, path: String) throws {
    try Self.checkMagic(bytes, kind: kind, path: path)
    let size = ContainerLayout.preambleSize
    guard bytes.count >= size else {
      throw FormatError.truncated(path: path, have: bytes.count, expected: size)
    }
    func integer<Field: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Field {
      Field(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Field.self))
    }
    let version: UInt32 = integer(at: 8)
    let mark: UInt32 = integer(at: 12)
    let totalLength: UInt64 = integer(at: 16)
    let headerLength: UInt64 = integer(at: 24)
    requiredFeatures = ContainerFeatures(rawValue: integer(at: 32))

    if mark == ContainerLayout.byteOrderMark.byteSwapped {
      throw FormatError.unsupported(
        path: path, what: "big-endian byte order", hint: "write it on a little-endian machine")
    }
    guard mark == ContainerLayout.byteOrderMark else {
      throw FormatError.corrupt(
        path: path, location: "byte 12", reason: "the byte-order mark is damaged")
    }
    guard version == ContainerLayout.version else {
      throw FormatError.unsupported(
        path: path, what: "format version \(version)",
        hint: "this eptc reads version \(ContainerLayout.version); use a newer one or convert again"
      )
    }
    guard totalLength <= Int.max, headerLength <= totalLength,
      totalLength - headerLength >= size
    else {
      throw FormatError.corrupt(
        path: path, location: "byte 16",
        reason: "a header of \(headerLength) bytes does not fit a file of \(totalLength)")
    }
    self.totalLength = Int(totalLength)
    self.headerLength = Int(headerLength)
    guard self.headerLength <= bytes.count - size else {
      throw FormatError.truncated(path: path, have: bytes.count, expected: self.totalLength)
    }
    digest = try Self.checkedDigest(bytes, headerLength: self.headerLength, path: path)
    let unknown = requiredFeatures.subtracting(kind.knownFeatures)
    guard unknown.isEmpty else {
      throw FormatError.unsupported(
        path: path, what: "feature set 0x\(String(unknown.rawValue, radix: 16))",
        hint: "a newer eptc wrote it; use that one or convert again")
    }
    guard self.totalLength <= bytes.count else {
      throw FormatError.truncated(path: path, have: bytes.count, expected: self.totalLength)
    }
    guard self.totalLength == bytes.count else {
      throw FormatError.corrupt(
        path: path, location: "byte \(totalLength)",
        reason: "\(bytes.count - self.totalLength) bytes follow the end of the file's contents")
    }
  }

  private static func checkMagic(
    _ bytes: UnsafeRawBufferPointer, kind: ContainerKind, path: String
  ) throws {
    guard !bytes.starts(with: kind.magic) else { return }
    if kind.magic.starts(with: bytes) {
      throw FormatError.truncated(
        path: path, have: bytes.count, expected: ContainerLayout.preambleSize)
    }
    if let foreign = ForeignFile(bytes) { throw foreign.error(path: path, expected: kind.label) }
    if bytes.beginsAsText {
      throw FormatError.foreign(
        path: path, what: "text", expected: kind.label,
        hint: kind == .backbone ? "convert a checkpoint first" : "tune a task first",
        remedy: kind == .backbone ? .convert : nil)
    }
    throw FormatError.foreign(
      path: path, what: "a file of an unknown kind", expected: kind.label,
      hint: "its first bytes are not those of one; was it copied as text?")
  }

  private static func checkedDigest(
    _ bytes: UnsafeRawBufferPointer, headerLength: Int, path: String
  ) throws -> SHA256Digest {
    let place = ContainerLayout.digestOffset
    let end = place + SHA256Digest.byteCount
    var hash = SHA256()
    hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<place]))
    hash.update([UInt8](repeating: 0, count: SHA256Digest.byteCount))
    hash.update(
      UnsafeRawBufferPointer(rebasing: bytes[end..<ContainerLayout.preambleSize + headerLength]))
    let digest = hash.finish()
    guard digest.bytes.elementsEqual(bytes[place..<end]) else {
      throw FormatError.corrupt(
        path: path, location: "its header",
        reason: "the checksum differs; copy or download the file again")
    }
    return digest
  }
}
