/// WordPiece: from the left, always the longest piece that fits.
struct WordPieceModel: @unchecked Sendable {
  private let words: DoubleArray
  private let continuations: DoubleArray
  private let pieces: Int
  private let unknown: Int32
  /// Words of more characters are unknown.
  let longestWord: Int

  /// No definition asks for words of more characters.
  static let greatestWordLimit = 10_000

  /// - Throws: `TextError.invalid` if the tables contradict themselves.
  init(_ reader: TableReader, pieces: Int) throws {
    let settings = try reader.values(.settings, of: UInt32.self)
    guard settings.count == 2, settings[0] < pieces,
      settings[1] > 0, settings[1] <= Self.greatestWordLimit,
      let words = DoubleArray(try reader.values(.pieceTrie, of: UInt32.self)),
      let continuations = DoubleArray(try reader.values(.continuationTrie, of: UInt32.self))
    else { throw TableReader.fault("the WordPiece model contradicts itself") }
    self.words = words
    self.continuations = continuations
    self.pieces = pieces
    unknown = Int32(bitPattern: settings[0])
    longestWord = Int(settings[1])
  }

  /// Appends the pieces of `word`.
  @inline(__always)
  func append(_ word: borrowing WordBuffer, to output: inout [Int32]) {
    append(
      UnsafePointer(word.bytes.base), from: 0, to: word.bytes.count, characters: word.characters,
      to: &output)
  }

  /// Appends the pieces of the word `start..<end`; if some part of it begins no piece, it is unknown as
  /// a whole.
  @inline(__always)
  func append(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, characters: Int,
    to output: inout [Int32]
  ) {
    guard characters <= longestWord else {
      output.append(unknown)
      return
    }
    let before = output.count
    var position = start
    while position < end {
      let trie = position == start ? words : continuations
      guard let match = trie.prefix(of: bytes, from: position, to: end, longest: true),
        match.value < pieces
      else {
        output.removeSubrange(before...)
        output.append(unknown)
        return
      }
      output.append(Int32(truncatingIfNeeded: match.value))
      position += match.length
    }
  }
}
