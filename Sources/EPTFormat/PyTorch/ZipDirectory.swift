/// Where the directory of a zip archive is (APPNOTE 6.3), with the 64-bit fields of large archives.
struct ZipDirectory {
  /// How many records it has.
  let count: Int
  /// Its bytes of the file.
  let range: Range<Int>

  private static let endSignature: UInt32 = 0x0605_4B50
  private static let largeEndSignature: UInt32 = 0x0606_4B50
  private static let locatorSignature: UInt32 = 0x0706_4B50
  private static let endSize = 22
  private static let locatorSize = 20
  /// The least that a record takes.
  private static let recordSize = 46

  /// Finds the directory of the archive `bytes`.
  ///
  /// - Throws: `FormatError.corrupt`.
  init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    let end = try Self.endRecord(bytes, path: path)
    let fault = FormatError.corrupt(
      path: path, location: "byte \(end)", reason: "the directory is not within the file")
    var reader = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[end...]))
    guard reader.take(8) != nil, let here = reader.integer(UInt16.self),
      let all = reader.integer(UInt16.self), let size = reader.integer(UInt32.self),
      let start = reader.integer(UInt32.self), here == all
    else { throw fault }
    var (count, length, first) = (UInt64(all), UInt64(size), UInt64(start))
    var limit = end
    if all == .max || size == .max || start == .max {
      guard let large = Self.largeEndRecord(bytes, before: end) else { throw fault }
      (count, length, first, limit) = large
    }
    guard let count = Int(exactly: count), let length = Int(exactly: length),
      let first = Int(exactly: first), first <= limit, length <= limit - first,
      count <= length / Self.recordSize
    else { throw fault }
    self.count = count
    range = first..<first + length
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
    throw FormatError.corrupt(
      path: path, location: "its end",
      reason: "a zip archive without a directory; copy or download it again")
  }

  /// The 64-bit record that the locator in front of the end record leads to, nil where there is none.
  private static func largeEndRecord(
    _ bytes: UnsafeRawBufferPointer, before end: Int
  ) -> (count: UInt64, length: UInt64, first: UInt64, limit: Int)? {
    guard end >= locatorSize else { return nil }
    let place = end - locatorSize
    var locator = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[place..<end]))
    guard locator.integer(UInt32.self) == locatorSignature, locator.take(4) != nil,
      let start = locator.integer(UInt64.self).flatMap(Int.init(exactly:)), start <= place
    else { return nil }
    var record = FieldReader(UnsafeRawBufferPointer(rebasing: bytes[start..<place]))
    guard record.integer(UInt32.self) == largeEndSignature, record.take(20) != nil,
      let here = record.integer(UInt64.self), let all = record.integer(UInt64.self),
      let length = record.integer(UInt64.self), let first = record.integer(UInt64.self),
      here == all
    else { return nil }
    return (all, length, first, start)
  }
}
