/// The files of a zip archive that stores them uncompressed, as PyTorch writes one (APPNOTE 6.3).
///
/// Only the central directory is believed, and only as far as the local headers and checksums
/// agree with it.
struct StoredZip {
  /// More entries than any checkpoint has tensors.
  static let mostEntries = 65_535

  /// Each file's bytes by its name.
  let entries: [String: UnsafeRawBufferPointer]

  private static let endSignature: UInt32 = 0x0605_4B50
  private static let directorySignature: UInt32 = 0x0201_4B50
  private static let localSignature: UInt32 = 0x0403_4B50
  private static let endSize = 22

  /// Reads the directory of the archive `bytes`.
  ///
  /// - Throws: `FormatError.truncated`, `.corrupt` or `.unsupported`.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    let end = try Self.endRecord(bytes, path: path)
    var reader = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[end...]))
    _ = reader.take(8)
    guard let here = reader.integer(UInt16.self), let all = reader.integer(UInt16.self),
      let size = reader.integer(UInt32.self), let start = reader.integer(UInt32.self), here == all,
      UInt64(start) + UInt64(size) <= UInt64(end)
    else { throw Self.corrupt(path, "byte \(end)", "the directory is not within the file") }
    let directory = Int(start)
    var fields = FieldReader(
      UnsafeRawBufferPointer(rebasing: bytes[directory..<directory + Int(size)]))
    var entries: [String: UnsafeRawBufferPointer] = [:]
    for _ in 0..<Int(all) {
      let (name, range) = try Self.entry(&fields, bytes, directory: directory, path: path)
      let contents = UnsafeRawBufferPointer(rebasing: bytes[range])
      guard entries.updateValue(contents, forKey: name) == nil else {
        throw Self.corrupt(path, "entry `\(name)`", "it stands twice")
      }
    }
    self.entries = entries
  }

  private static func corrupt(_ path: String, _ location: String, _ reason: String) -> FormatError {
    .corrupt(path: path, location: location, reason: reason)
  }

  /// Where the record at the archive's end begins; a comment of up to 65 535 bytes may follow it.
  private static func endRecord(_ bytes: UnsafeRawBufferPointer, path: String) throws -> Int {
    let first = max(0, bytes.count - endSize - Int(UInt16.max))
    for place in stride(from: bytes.count - endSize, through: first, by: -1) {
      var reader = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[place...]))
      guard reader.integer(UInt32.self) == endSignature, reader.take(16) != nil,
        let comment = reader.integer(UInt16.self), Int(comment) == reader.remaining
      else { continue }
      return place
    }
    throw corrupt(path, "its end", "a zip archive without a directory; copy or download it again")
  }

  /// One record of the directory: the name, and where its bytes are.
  private static func entry(
    _ fields: inout FieldReader, _ bytes: UnsafeRawBufferPointer, directory: Int, path: String
  ) throws -> (name: String, range: Range<Int>) {
    let place = "byte \(directory + fields.position)"
    guard fields.integer(UInt32.self) == directorySignature, fields.take(4) != nil,
      let flags = fields.integer(UInt16.self), let method = fields.integer(UInt16.self),
      fields.take(4) != nil, let checksum = fields.integer(UInt32.self),
      let stored = fields.integer(UInt32.self), let size = fields.integer(UInt32.self),
      let nameLength = fields.integer(UInt16.self), let extraLength = fields.integer(UInt16.self),
      let commentLength = fields.integer(UInt16.self), fields.take(8) != nil,
      let header = fields.integer(UInt32.self), let nameBytes = fields.take(Int(nameLength)),
      fields.take(Int(extraLength) + Int(commentLength)) != nil,
      let name = String(validating: nameBytes, as: UTF8.self)
    else { throw corrupt(path, place, "a directory record that is none") }
    guard stored != .max, size != .max, header != .max else {
      throw FormatError.unsupported(
        path: path, what: "zip64 entry `\(name)`", hint: "save the tensors as safetensors")
    }
    guard flags & 1 == 0, method == 0, stored == size else {
      throw FormatError.unsupported(
        path: path, what: "compressed or encrypted entry `\(name)`",
        hint: "PyTorch stores entries as they are; save the file with torch.save again")
    }
    let range = try range(
      of: name, header: Int(header), size: Int(size), bytes, directory: directory, path: path)
    guard crc32(UnsafeRawBufferPointer(rebasing: bytes[range])) == checksum else {
      throw corrupt(path, "entry `\(name)`", "its checksum differs; copy or download it again")
    }
    return (name, range)
  }

  private static func range(
    of name: String, header: Int, size: Int, _ bytes: UnsafeRawBufferPointer, directory: Int,
    path: String
  ) throws -> Range<Int> {
    let fault = corrupt(path, "entry `\(name)`", "its bytes are not where the directory says")
    guard header < directory else { throw fault }
    var local = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[header..<directory]))
    guard local.integer(UInt32.self) == localSignature, local.take(22) != nil,
      let nameLength = local.integer(UInt16.self), let extraLength = local.integer(UInt16.self),
      local.take(Int(nameLength))?.elementsEqual(name.utf8) == true,
      local.take(Int(extraLength)) != nil, size <= local.remaining
    else { throw fault }
    let start = header + local.position
    return start..<start + size
  }

  /// The cyclic redundancy check of zip: polynomial 0xEDB88320, reflected.
  static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var value: UInt32 = .max
    for byte in bytes {
      value = (value >> 8) ^ crcTable[Int((value ^ UInt32(byte)) & 0xFF)]
    }
    return ~value
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 0 ? value >> 1 : (value >> 1) ^ 0xEDB8_8320
    }
  }
}
