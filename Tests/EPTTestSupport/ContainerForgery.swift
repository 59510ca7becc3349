import EPTFormat

/// A container's bytes to be changed, and checksums that fit them again: what a liar would do, and what
/// a damaged file never is.
public struct ContainerForgery {
  /// The file.
  public var bytes: [UInt8]
  private let sections: [Record]
  private let tensors: [Record]
  private let headerEnd: Int

  /// Where a record's fields and payload are; docs/reference/format.md.
  private struct Record {
    let name: String
    /// The record's first byte.
    let start: Int
    let range: Range<Int>
    /// Where XXH3 and, 8 bytes on, SHA-256 stand.
    let checksums: Int
    let dimensions: Int
  }

  /// Reads the file at `path`, which must be whole.
  public init(_ path: String, kind: ContainerKind) throws {
    self.init(whole: try TestPaths.read(path))
  }

  /// Takes a file that is whole.
  public init(whole bytes: [UInt8]) {
    self.bytes = bytes
    func integer(_ place: Int, _ size: Int) -> Int {
      (0..<size).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }
    var place = 136
    func record(_ offset: Int, _ checksums: Int, _ fixed: Int, rank: Int) -> Record {
      let start = integer(place + offset, 8)
      let end = place + fixed + 8 * rank
      let name = String(decoding: bytes[end..<end + integer(place, 4)], as: UTF8.self)
      return Record(
        name: name, start: place, range: start..<start + integer(place + offset + 8, 8),
        checksums: place + checksums, dimensions: place + fixed)
    }
    var (sections, tensors): ([Record], [Record]) = ([], [])
    for _ in 0..<integer(128, 4) {
      sections.append(record(4, 20, 60, rank: 0))
      place += 60 + integer(place, 4)
    }
    for _ in 0..<integer(132, 4) {
      let rank = integer(place + 8, 4)
      tensors.append(record(16, 40, 80, rank: rank))
      place += 80 + 8 * rank + integer(place, 4)
    }
    (self.sections, self.tensors, headerEnd) = (sections, tensors, place)
  }

  /// Where the payload of tensor `name` is; nowhere if there is none.
  public func payload(of name: String) -> Range<Int> {
    tensors.first { $0.name == name }?.range ?? 0..<0
  }

  /// Overwrites fields of the record of tensor `name`.
  public mutating func setRecord(
    of name: String, dimension: Int? = nil, to size: UInt64 = 0, encoding: UInt16? = nil
  ) {
    guard let record = tensors.first(where: { $0.name == name }) else { return }
    if let encoding { write(encoding, at: record.start + 4) }
    guard let dimension else { return }
    write(size, at: record.dimensions + 8 * dimension)
    // The logical size must be what the shape asks for.
    let others = (0..<Int(bytes[record.start + 8])).reduce(UInt64(4)) {
      $0 * read(UInt64.self, at: record.dimensions + 8 * $1)
    }
    write(others, at: record.start + 32)
  }

  /// Reads a number at `place`.
  public func read<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type, at place: Int
  ) -> Number {
    bytes.withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self))
    }
  }

  /// Writes a number at `place`.
  public mutating func write(_ number: some FixedWidthInteger, at place: Int) {
    withUnsafeBytes(of: number.littleEndian) {
      bytes.replaceSubrange(place..<place + $0.count, with: $0)
    }
  }

  /// The bytes with checksums that fit; payloads that are no longer in the file keep theirs.
  public func sealed() -> [UInt8] {
    var forged = self
    for record in sections + tensors
    where record.range.upperBound <= bytes.count && record.checksums + 40 <= bytes.count {
      let payload = Array(bytes[record.range])
      forged.write(XXH3.checksum(of: payload), at: record.checksums)
      forged.bytes.replaceSubrange(
        record.checksums + 8..<record.checksums + 40, with: SHA256.digest(of: payload).bytes)
    }
    guard forged.bytes.count >= headerEnd else { return forged.bytes }
    forged.bytes.replaceSubrange(64..<96, with: [UInt8](repeating: 0, count: 32))
    forged.bytes.replaceSubrange(
      64..<96, with: SHA256.digest(of: Array(forged.bytes[..<headerEnd])).bytes)
    return forged.bytes
  }
}
