/// sentencepiece's precompiled character map, applied as the reference `tokenizers` does.
///
/// The text is cut into grapheme clusters. A cluster shorter than 6 bytes is replaced as a whole by
/// the value of its *shortest* mapped prefix, even if that covers only its first scalar. Any other
/// is replaced scalar by scalar. The reference's own code says that this rule seems broken. Models
/// were trained with it, so it stays.
struct CharacterMap: @unchecked Sendable {
  /// Values of `ascii`: dropped, and not decided by the character alone.
  static let dropped: UInt8 = 0xFE
  static let undecided: UInt8 = 0xFF
  /// Clusters of at least so many bytes are mapped scalar by scalar.
  private static let longCluster = 6
  /// Longer replacements are cut, lest a hostile map ask for any amount of memory.
  private static let longestReplacement = 1024

  private let trie: DoubleArray
  private let texts: UnsafeBufferPointer<UInt8>
  private let ascii: UnsafePointer<UInt8>
  private let breaks: GraphemeBreaks
  /// The bytes of the longest replacement.
  let longestText: Int

  init?(
    trie: DoubleArray, texts: UnsafeBufferPointer<UInt8>, ascii: UnsafeBufferPointer<UInt8>,
    classes: ScalarTable<UInt8>
  ) {
    guard ascii.count == 128, let base = ascii.baseAddress else { return nil }
    self.trie = trie
    self.texts = texts
    self.ascii = base
    breaks = GraphemeBreaks(classes: classes)
    var (longest, start) = (1, 0)
    for (position, byte) in texts.enumerated() where byte == 0 {
      longest = max(longest, position - start)
      start = position + 1
    }
    longestText = min(max(longest, texts.count - start), Self.longestReplacement)
  }

  /// Appends what `input` maps to.
  func apply(_ input: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer) {
    guard let bytes = input.baseAddress else { return }
    let end = input.count
    var position = 0
    while position < end {
      let byte = bytes[position]
      // An ASCII character before another one is a cluster of its own, unless they are CR LF.
      if byte < 0x80, byte != 0x0D, position + 1 == end || bytes[position + 1] < 0x80 {
        let mapped = ascii[Int(byte)]
        if mapped < 0x80 {
          position += 1
          output.append(mapped)
          continue
        }
      }
      let clusterEnd = breaks.end(bytes, from: position, to: end)
      append(cluster: bytes, from: position, to: clusterEnd, to: &output)
      position = clusterEnd
    }
  }

  /// What becomes of an ASCII character that is a cluster of its own: another one, or nothing, or
  /// something longer.
  static func asciiTable(trie: DoubleArray, texts: [UInt8]) -> [UInt8] {
    (0..<128).map { (byte: UInt8) in
      withUnsafePointer(to: byte) { pointer in
        guard let match = trie.prefix(of: pointer, from: 0, to: 1, longest: false) else {
          return byte
        }
        let text = texts.dropFirst(match.value).prefix { $0 != 0 }
        guard let first = text.first else { return dropped }
        return text.count == 1 && first < 0x80 ? first : undecided
      }
    }
  }

  private func append(
    cluster bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, to output: inout ByteBuffer
  ) {
    if end - start < Self.longCluster,
      let match = trie.prefix(of: bytes, from: start, to: end, longest: false)
    {
      append(text: match.value, to: &output)
      return
    }
    var position = start
    while position < end {
      let length = UTF8Scalar.length(lead: bytes[position], limit: end - position)
      if let match = trie.prefix(
        of: bytes, from: position, to: position + length, longest: false)
      {
        append(text: match.value, to: &output)
      } else {
        output.append(bytes + position, count: length)
      }
      position += length
    }
  }

  private func append(text offset: Int, to output: inout ByteBuffer) {
    guard offset < texts.count, let base = texts.baseAddress else { return }
    let limit = min(texts.count, offset + Self.longestReplacement)
    var end = offset
    while end < limit, base[end] != 0 { end += 1 }
    output.append(base + offset, count: end - offset)
  }
}
