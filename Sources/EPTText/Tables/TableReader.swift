/// The sections of a compiled tokenizer, checked to lie inside its bytes.
///
/// What is built on sections points into memory that `owner` keeps and that nobody writes to. So
/// threads may share it although it holds pointers.
struct TableReader: @unchecked Sendable {
  let kind: TableKind
  /// Keeps the bytes that the sections point into alive.
  let owner: AnyObject & Sendable
  private var sections: [TableSection: UnsafeRawBufferPointer] = [:]

  /// Reads the directory.
  ///
  /// Bytes that are not 8-byte aligned are copied once.
  ///
  /// - Throws: `TextError.invalid`.
  init(_ given: UnsafeRawBufferPointer, keeping givenOwner: AnyObject & Sendable) throws {
    var bytes = given
    var owner = givenOwner
    if let base = given.baseAddress, UInt(bitPattern: base) % 8 != 0 {
      let copy = AlignedBytes(copying: given)
      bytes = copy.bytes
      owner = copy
    }
    self.owner = owner
    guard bytes.count >= TableFormat.headerSize, bytes.starts(with: TableFormat.magic) else {
      throw Self.fault("they do not begin as tokenizer tables do")
    }
    let version = bytes.littleEndian(UInt32.self, at: 8)
    guard TableFormat.versions.contains(version) else {
      throw TextError.unsupported(
        source: TableReader.source, what: "version \(version)",
        hint: "this program reads versions \(TableFormat.versions.lowerBound) to "
          + "\(TableFormat.versions.upperBound); convert the model again")
    }
    guard let kind = TableKind(rawValue: bytes.littleEndian(UInt32.self, at: 12)) else {
      throw Self.fault("their kind is none of Unigram, WordPiece and BPE")
    }
    self.kind = kind
    let count = Int(bytes.littleEndian(UInt32.self, at: 16))
    guard count <= TableFormat.maximumSections,
      bytes.count >= TableFormat.headerSize + count * TableFormat.entrySize
    else { throw Self.fault("their directory does not fit") }
    for number in 0..<count {
      let entry = TableFormat.headerSize + number * TableFormat.entrySize
      let name = bytes.littleEndian(UInt32.self, at: entry)
      let offset = bytes.littleEndian(UInt64.self, at: entry + 8)
      let length = bytes.littleEndian(UInt64.self, at: entry + 16)
      guard offset % UInt64(TableFormat.alignment) == 0, offset <= UInt64(bytes.count),
        length <= UInt64(bytes.count) - offset
      else { throw Self.fault("section \(name) lies outside of them") }
      guard let section = TableSection(rawValue: name) else { continue }
      guard sections[section] == nil else { throw Self.fault("section \(name) stands twice") }
      let range = Int(offset)..<Int(offset + length)
      sections[section] = UnsafeRawBufferPointer(rebasing: bytes[range])
    }
  }

  static let source = "tokenizer tables"

  static func fault(_ reason: String) -> TextError {
    TextError.invalid(source: source, reason: reason + "; convert the model again")
  }

  /// Whether the section is there.
  func has(_ section: TableSection) -> Bool {
    sections[section] != nil
  }

  /// The section as an array of `Value`.
  ///
  /// - Throws: `TextError.invalid` if it is missing or no whole number of values.
  func values<Value>(_ section: TableSection, of type: Value.Type) throws
    -> UnsafeBufferPointer<Value>
  {
    guard let bytes = sections[section] else {
      throw Self.fault("section \(section.rawValue) is missing")
    }
    guard bytes.count % MemoryLayout<Value>.stride == 0 else {
      throw Self.fault("section \(section.rawValue) has a part of a value at its end")
    }
    return UnsafeBufferPointer(
      start: bytes.baseAddress?.assumingMemoryBound(to: type),
      count: bytes.count / MemoryLayout<Value>.stride)
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func littleEndian<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int)
    -> Value
  {
    Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
  }
}

/// A copy of some bytes at an aligned address.
final class AlignedBytes: Sendable {
  /// The bytes, as long as this object lives.
  nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  init(copying source: UnsafeRawBufferPointer) {
    let copy = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(source.count, 1), alignment: TableFormat.alignment)
    copy.copyMemory(from: source)
    bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(copy)[..<source.count])
  }

  deinit {
    bytes.deallocate()
  }
}
