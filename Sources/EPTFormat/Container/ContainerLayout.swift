/// Figures and arithmetic of the container layout, docs/reference/format.md.
enum ContainerLayout {
  static let version: UInt32 = 1
  static let byteOrderMark: UInt32 = 0x0102_0304
  /// Bytes before the header.
  static let preambleSize = 128
  /// Where in the preamble the digest of preamble and header stands.
  static let digestOffset = 64
  /// Payloads begin at multiples of this, for vector loads straight from the map.
  static let alignment = 64
  static let maximumNameLength = 1_024
  /// The most bytes of a bundle or a checkpoint, which are read into memory: 4 GiB.
  static let largestInMemory = 1 << 32
  static let maximumRank = 8
  static let sectionRecordSize = 60
  static let tensorRecordSize = 80

  /// The next multiple of `alignment`, nil where it would overflow.
  static func align(_ offset: Int) -> Int? {
    let (sum, overflows) = offset.addingReportingOverflow(alignment - 1)
    return overflows ? nil : sum & ~(alignment - 1)
  }

  /// Why `name` may not stand in a file, nil where it may.
  static func fault(inName name: String) -> String? {
    if name.isEmpty { return "an empty name" }
    if name.utf8.count > maximumNameLength {
      return "a name of \(name.utf8.count) bytes, at most \(maximumNameLength) are allowed"
    }
    return nil
  }

  /// Whether `first` comes before `second`, byte by byte.
  static func precedes(_ first: String, _ second: String) -> Bool {
    first.utf8.lexicographicallyPrecedes(second.utf8)
  }
}
