/// Tokens that are looked for in the text itself, before it is cut into words.
struct AddedTokens: @unchecked Sendable {
  /// How a token takes the white space beside it; bits of its flags.
  static let stripsLeft: UInt32 = 1
  static let stripsRight: UInt32 = 2
  /// Set for a token that stands for no text of a user's.
  static let isSpecial: UInt32 = 4
  /// Set for a token that must not stand beside a letter or digit.
  static let isWord: UInt32 = 8

  /// A part of a text.
  enum Part {
    case text(Range<Int>)
    case token(Int32)
  }

  private let trie: DoubleArray
  /// Id and flags of each token.
  private let tokens: UnsafeBufferPointer<UInt32>
  /// Which bytes a token can start with.
  let starts: ByteSet
  /// 1 for what is part of words; missing where no token asks.
  private let words: ScalarTable<UInt8>?

  init(
    trie: DoubleArray, tokens: UnsafeBufferPointer<UInt32>, words: ScalarTable<UInt8>? = nil
  ) {
    self.words = words
    self.trie = trie
    self.tokens = tokens
    var starts = ByteSet()
    for byte in UInt8.min...UInt8.max {
      var node = trie.root
      if trie.step(&node, byte) != nil { starts.insert(byte) }
    }
    self.starts = starts
  }

  /// Calls `body` with the parts of the text in order; empty texts are left out.
  ///
  /// The leftmost token is taken, of several the longest, and the search goes on behind it.
  @inline(__always)
  func split(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Part) -> Void) {
    guard let base = bytes.baseAddress else { return }
    let end = bytes.count
    var position = 0
    var textStart = 0
    while position < end {
      let byte = base[position]
      guard starts.contains(byte),
        let match = trie.prefix(of: base, from: position, to: end, longest: true),
        match.value < tokens.count / 2
      else {
        position += 1
        continue
      }
      let id = Int32(truncatingIfNeeded: tokens[2 * match.value])
      let flags = tokens[2 * match.value + 1]
      var start = position
      position += match.length
      if flags & Self.isWord != 0, touchesWord(base, from: start, to: position, end: end) {
        continue
      }
      if flags & Self.stripsLeft != 0 {
        start = Self.trimEnd(base, from: textStart, to: start)
      }
      if start > textStart { body(.text(textStart..<start)) }
      body(.token(id))
      textStart = max(textStart, position)
      if flags & Self.stripsRight != 0 {
        textStart = Self.trimStart(base, from: position, to: end)
      }
      position = max(position, textStart)
    }
    if textStart < end { body(.text(textStart..<end)) }
  }

  /// Whether a part of a word stands before `start` or behind `end`.
  private func touchesWord(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to stop: Int, end: Int
  ) -> Bool {
    guard let words else { return false }
    if stop < end, words[UTF8Scalar(bytes, at: stop, end: end).value] != 0 { return true }
    guard start > 0 else { return false }
    var last = start - 1
    while last > 0, bytes[last] & 0xC0 == 0x80 { last -= 1 }
    return words[UTF8Scalar(bytes, at: last, end: start).value] != 0
  }

  /// The end of `start..<end` without the white space at its end.
  static func trimEnd(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
    var end = end
    while end > start {
      var last = end - 1
      while last > start, bytes[last] & 0xC0 == 0x80 { last -= 1 }
      guard whitespaceLength(bytes, at: last, end: end) == end - last else { break }
      end = last
    }
    return end
  }

  /// The start of `start..<end` without the white space at its start.
  static func trimStart(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
    var start = start
    while start < end {
      let length = whitespaceLength(bytes, at: start, end: end)
      guard length > 0 else { break }
      start += length
    }
    return start
  }
}
