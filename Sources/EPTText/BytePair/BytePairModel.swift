/// Byte-pair encoding (Sennrich and others 2016): a word's bytes or characters, of which pairs become
/// one piece in the order in which training found them.
struct BytePairModel: @unchecked Sendable {
  /// From the text of a word that comes out as one piece to that piece.
  private let wholeWords: DoubleArray
  private let merges: MergeTable
  private let bytePieces: BytePieces?
  private let settings: BytePairSettings
  private let pieces: Int
  private let cut: [UInt8]

  /// Whether pieces spell bytes.
  var isByteLevel: Bool { settings.isByteLevel }

  /// - Throws: `TextError.invalid` if the tables contradict themselves.
  init(_ reader: TableReader, pieces: Int) throws {
    guard
      let settings = BytePairSettings(
        values: try reader.values(.settings, of: UInt32.self), pieces: pieces),
      let words = DoubleArray(try reader.values(.pieceTrie, of: UInt32.self)),
      let merges = MergeTable(
        slots: try reader.values(.mergeSlots, of: UInt32.self),
        merged: try reader.values(.mergedPieces, of: UInt32.self), pieces: pieces)
    else { throw TableReader.fault("the BPE model contradicts itself") }
    bytePieces = try BytePieces(reader, pieces: pieces)
    guard bytePieces != nil || !settings.isByteLevel else {
      throw TableReader.fault("the pieces of bytes are missing")
    }
    self.settings = settings
    self.merges = merges
    self.pieces = pieces
    wholeWords = words
    cut = settings.cut.map { UTF8Scalar.encode($0.value) } ?? []
  }

  /// Appends the pieces of the word `start..<end`.
  @inline(__always)
  func append(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, merger: inout PairMerger,
    to output: inout [Int32]
  ) {
    guard let first = cut.first else {
      appendPart(bytes, from: start, to: end, merger: &merger, to: &output)
      return
    }
    var partStart = start
    var position = start
    var isBehindCut = true
    while position < end {
      let isCut = bytes[position] == first && isCut(bytes, at: position, end: end)
      if isCut, !isBehindCut {
        appendPart(bytes, from: partStart, to: position, merger: &merger, to: &output)
        partStart = position
      }
      isBehindCut = isCut
      position += isCut ? cut.count : 1
    }
    appendPart(bytes, from: partStart, to: end, merger: &merger, to: &output)
  }

  private func isCut(_ bytes: UnsafePointer<UInt8>, at position: Int, end: Int) -> Bool {
    end - position >= cut.count && cut.indices.allSatisfy { bytes[position + $0] == cut[$0] }
  }

  @inline(__always)
  private func appendPart(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, merger: inout PairMerger,
    to output: inout [Int32]
  ) {
    guard end > start else { return }
    if let id = whole(bytes, from: start, to: end) {
      output.append(id)
    } else {
      merge(bytes, from: start, to: end, merger: &merger, to: &output)
    }
  }

  /// Appends what pairs make of the word's first pieces.
  func merge(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, merger: inout PairMerger,
    to output: inout [Int32]
  ) {
    merger.removeAll()
    // As in the reference, an unknown part goes in front of the next piece of the vocabulary.
    var hasUnknown = false
    var position = start
    while position < end {
      var length = 1
      let id: Int32?
      if settings.isByteLevel {
        id = bytePieces.flatMap { $0[bytes[position]] >= 0 ? $0[bytes[position]] : nil }
      } else {
        length = UTF8Scalar.length(lead: bytes[position], limit: end - position)
        id = whole(bytes, from: position, to: position + length)
      }
      if let id {
        appendUnknown(&hasUnknown, to: &merger)
        merger.append(id)
      } else if !settings.isByteLevel, let bytePieces,
        bytePieces.hasAll(bytes, from: position, to: position + length)
      {
        for index in position..<position + length { merger.append(bytePieces[bytes[index]]) }
      } else {
        if !settings.fusesUnknown { appendUnknown(&hasUnknown, to: &merger) }
        hasUnknown = true
      }
      position += length
    }
    appendUnknown(&hasUnknown, to: &merger)
    merger.finish(merges, to: &output)
  }

  private func appendUnknown(_ hasUnknown: inout Bool, to merger: inout PairMerger) {
    if hasUnknown, let unknown = settings.unknown { merger.append(unknown) }
    hasUnknown = false
  }

  @inline(__always)
  private func whole(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int32? {
    var node = wholeWords.root
    var isKey = false
    var position = start
    while position < end {
      guard let found = wholeWords.step(&node, bytes[position]) else { return nil }
      isKey = found
      position += 1
    }
    guard isKey else { return nil }
    let id = wholeWords.value(node)
    return id < pieces ? Int32(truncatingIfNeeded: id) : nil
  }
}
