/// The word that is being read, normalized.
///
/// Characters beyond the limit are only counted: such a word is unknown whatever it holds.
struct WordBuffer: ~Copyable {
  /// Characters so far.
  private(set) var characters = 0
  private(set) var bytes: ByteBuffer
  private let limit: Int
  /// Combining class and first byte of the marks at the end, which canonical ordering may have to
  /// move.
  private var marks: [(order: UInt8, start: Int)] = []

  init(limit: Int) {
    self.limit = limit
    bytes = ByteBuffer(capacity: limit * 4)
  }

  mutating func removeAll() {
    characters = 0
    bytes.removeAll()
    endMarks()
  }

  /// Ends the run of marks within which order can change.
  @inline(__always)
  mutating func endMarks() {
    if !marks.isEmpty { marks.removeAll(keepingCapacity: true) }
  }

  @inline(__always)
  mutating func append(ascii: UInt8) {
    endMarks()
    characters += 1
    if characters <= limit { bytes.append(ascii) }
  }

  /// Appends the UTF-8 of one scalar of combining class 0.
  @inline(__always)
  mutating func append(_ source: UnsafePointer<UInt8>, count: Int) {
    endMarks()
    characters += 1
    if characters <= limit { bytes.append(source, count: count) }
  }

  /// Appends a scalar; a mark goes before marks of a higher class at the end.
  mutating func append(scalar: UInt32, combiningClass order: UInt8) {
    if order == 0 { endMarks() }
    characters += 1
    guard characters <= limit else { return }
    let encoded = UTF8Scalar.encode(scalar)
    var start = bytes.count
    for byte in encoded { bytes.append(byte) }
    guard order != 0 else { return }
    let place = marks.firstIndex { $0.order > order } ?? marks.count
    if place < marks.count {
      let target = marks[place].start
      (bytes.base + target + encoded.count).update(from: bytes.base + target, count: start - target)
      for (index, byte) in encoded.enumerated() { bytes.base[target + index] = byte }
      for index in place..<marks.count { marks[index].start += encoded.count }
      start = target
    }
    marks.insert((order, start), at: place)
  }
}
