import CZlib
import EPTSystem

/// The files of a zip archive that stores them uncompressed, as PyTorch writes one (APPNOTE 6.3).
///
/// Only the central directory is believed, and only as far as the local headers and, once a file is
/// used, its checksum agree with it.
struct StoredZip {
  /// One file of the archive.
  struct Entry: Sendable {
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// The cyclic redundancy check of its bytes.
    fileprivate let checksum: UInt32
  }

  /// Each file by its name.
  let entries: [ByteName: Entry]
  private let path: String

  private static let directorySignature: UInt32 = 0x0201_4B50
  private static let localSignature: UInt32 = 0x0403_4B50
  /// The extra field with the 64-bit sizes of a large file.
  private static let largeSizes: UInt16 = 1

  /// Reads the directory of the archive `bytes`, and checks where its files lie, not their contents.
  ///
  /// - Throws: `FormatError.corrupt` or `.unsupported`.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    let directory = try ZipDirectory(bytes, path: path)
    var fields = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[directory.range]))
    var entries: [ByteName: Entry] = [:]
    for _ in 0..<directory.count {
      let (name, entry) = try Self.entry(
        &fields, bytes, directory: directory.range.lowerBound, path: path)
      guard entries.updateValue(entry, forKey: ByteName(name)) == nil else {
        throw Self.corrupt(path, "entry `\(name)`", "it stands twice")
      }
    }
    self.entries = entries
    self.path = path
  }

  /// The bytes of file `name`, its checksum checked; nil where there is none.
  ///
  /// - Throws: `FormatError.corrupt`.
  func contents(_ name: String) throws -> UnsafeRawBufferPointer? {
    guard let entry = entries[ByteName(name)] else { return nil }
    try check(entry, name)
    return entry.bytes
  }

  /// Checks the checksum of file `name`.
  ///
  /// `release` is told of parts that are done with, so that a large file need not stay in memory.
  ///
  /// - Throws: `FormatError.corrupt`.
  func check(
    _ entry: Entry, _ name: String, release: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws {
    var value: UInt = 0
    let part = 1 << 24
    for start in stride(from: 0, to: entry.bytes.count, by: part) {
      let bytes = UnsafeRawBufferPointer(
        rebasing: entry.bytes[start..<min(entry.bytes.count, start + part)])
      value = crc32(
        value, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(bytes.count))
      release(bytes)
    }
    guard value == UInt(entry.checksum) else {
      throw Self.corrupt(
        path, "entry `\(name)`", "its checksum differs; copy or download it again")
    }
  }

  private static func corrupt(_ path: String, _ location: String, _ reason: String) -> FormatError {
    .corrupt(path: path, location: location, reason: reason)
  }

  /// One record of the directory: the name, and where its bytes are.
  private static func entry(
    _ fields: inout FieldReader, _ bytes: UnsafeRawBufferPointer, directory: Int, path: String
  ) throws -> (name: String, entry: Entry) {
    let fault = corrupt(
      path, "byte \(directory + fields.position)", "a directory record that is none")
    guard fields.integer(UInt32.self) == directorySignature, fields.take(4) != nil,
      let flags = fields.integer(UInt16.self), let method = fields.integer(UInt16.self),
      fields.take(4) != nil, let checksum = fields.integer(UInt32.self),
      let stored32 = fields.integer(UInt32.self), let size32 = fields.integer(UInt32.self),
      let nameLength = fields.integer(UInt16.self), let extraLength = fields.integer(UInt16.self),
      let commentLength = fields.integer(UInt16.self), fields.take(8) != nil,
      let header32 = fields.integer(UInt32.self), let nameBytes = fields.take(Int(nameLength)),
      let extra = fields.take(Int(extraLength)), fields.take(Int(commentLength)) != nil,
      let name = String(validating: nameBytes, as: UTF8.self)
    else { throw fault }
    var large = FieldReader(try largeFields(extra, or: fault))
    // The 64-bit sizes stand in this order, only those whose 32-bit field is full.
    func whole(_ field: UInt32) throws -> Int {
      guard field == .max else { return Int(field) }
      guard let value = large.integer(UInt64.self).flatMap(Int.init(exactly:)) else { throw fault }
      return value
    }
    let (size, stored, header) = (try whole(size32), try whole(stored32), try whole(header32))
    guard flags & 1 == 0, method == 0, stored == size else {
      throw FormatError.unsupported(
        path: path, what: "compressed or encrypted entry `\(name)`",
        hint: "PyTorch stores entries as they are; save the file with torch.save again")
    }
    let range = try range(
      of: name, header: header, size: size, bytes, directory: directory, path: path)
    return (name, Entry(bytes: UnsafeRawBufferPointer(rebasing: bytes[range]), checksum: checksum))
  }

  /// The 64-bit sizes among the extra fields of a record; empty where there are none.
  private static func largeFields(
    _ extra: UnsafeRawBufferPointer, or fault: FormatError
  ) throws -> UnsafeRawBufferPointer {
    var reader = FieldReader(extra)
    while let kind = reader.integer(UInt16.self) {
      guard let length = reader.integer(UInt16.self), let field = reader.take(Int(length)) else {
        throw fault
      }
      if kind == largeSizes { return field }
    }
    return UnsafeRawBufferPointer(start: nil, count: 0)
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
}
