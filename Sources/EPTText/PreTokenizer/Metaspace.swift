/// Makes spaces visible and words begin with one (sentencepiece's way).
struct Metaspace: Equatable, Sendable {
  /// Which words get the metaspace in front.
  enum Prepending: UInt32 {
    case never = 0
    case always = 1
    /// Only the one at the very beginning of a text.
    case first = 2
  }

  /// The character for a space.
  let scalar: Unicode.Scalar
  let prepending: Prepending
  /// Whether every metaspace begins a word.
  let splits: Bool
  private let bytes: [UInt8]

  init(scalar: Unicode.Scalar, prepending: Prepending, splits: Bool) {
    self.scalar = scalar
    self.prepending = prepending
    self.splits = splits
    bytes = UTF8Scalar.encode(scalar.value)
  }

  /// Calls `body` with the words of `start..<end`, which lie in `word`: spaces become metaspaces,
  /// and one is put in front.
  @inline(__always)
  func cut(
    _ text: UnsafePointer<UInt8>, from start: Int, to end: Int, isFirst: Bool,
    word: inout ByteBuffer, _ body: (UnsafePointer<UInt8>, Int, Int) -> Void
  ) {
    guard end > start else { return }
    word.removeAll()
    let isPrefixed = prepending == .always || prepending == .first && isFirst
    if isPrefixed, text[start] != 0x20, !isMetaspace(text, start, end) { append(to: &word) }
    for position in start..<end {
      if text[position] == 0x20 {
        append(to: &word)
      } else {
        word.append(text[position])
      }
    }
    let base = UnsafePointer(word.base)
    let count = word.count
    var pieceStart = 0
    if splits {
      for position in stride(from: 1, to: count, by: 1)
      where base[position] == bytes[0] && isMetaspace(base, position, count) {
        body(base, pieceStart, position)
        pieceStart = position
      }
    }
    body(base, pieceStart, count)
  }

  @inline(__always)
  private func isMetaspace(_ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
    guard text[start] == bytes[0], end - start >= bytes.count else { return false }
    return bytes.indices.allSatisfy { text[start + $0] == bytes[$0] }
  }

  @inline(__always)
  private func append(to buffer: inout ByteBuffer) {
    for byte in bytes { buffer.append(byte) }
  }
}
