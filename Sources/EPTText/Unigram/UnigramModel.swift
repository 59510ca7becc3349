/// The Unigram language model (Kudo 2018): of all ways to cut a word into pieces, the one whose
/// log-probabilities have the greatest sum.
struct UnigramModel: @unchecked Sendable {
  /// The best way to reach a byte position of a word.
  fileprivate struct Node {
    var score: Double
    /// Where the last piece starts, -1 if the position was not reached yet.
    var start: Int32
    /// The last piece.
    var id: Int32
  }

  /// What an unknown character costs more than the least likely piece.
  static let unknownPenalty = 10.0

  private let trie: DoubleArray
  private let scores: UnsafeBufferPointer<Double>
  private let unknown: Int32
  private let unknownScore: Double
  /// What stands for the bytes of an unknown text, where the model has such pieces.
  private let bytePieces: BytePieces?

  init(
    trie: DoubleArray, scores: UnsafeBufferPointer<Double>, unknown: Int32,
    bytePieces: BytePieces? = nil
  ) {
    self.bytePieces = bytePieces
    self.trie = trie
    self.scores = scores
    self.unknown = unknown
    unknownScore = scores.reduce(.infinity, min) - Self.unknownPenalty
  }

  /// Room for the paths through one word.
  struct Workspace: ~Copyable {
    private var nodes = UnsafeMutableBufferPointer<Node>.allocate(capacity: 256)

    deinit {
      nodes.deallocate()
    }

    /// Nodes for a word of `length` bytes, with undefined content.
    @inline(__always)
    fileprivate mutating func nodes(for length: Int) -> UnsafeMutableBufferPointer<Node> {
      if length >= nodes.count {
        nodes.deallocate()
        nodes = .allocate(capacity: length * 2)
      }
      return nodes
    }
  }

  /// Appends the pieces of the word `start..<end`.
  ///
  /// As in the reference, scores are summed in double precision from the left. Of two equal sums
  /// the first one found stays; its last piece is the longer one. A character that is no piece can
  /// be unknown. Unknown neighbours become one.
  func append(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int,
    workspace: inout Workspace, to output: inout [Int32]
  ) {
    let count = end - start
    guard count > 0, let nodes = workspace.nodes(for: count).baseAddress else { return }
    let word = bytes + start
    nodes[0] = Node(score: 0, start: -1, id: 0)
    for position in 1...count { nodes[position].start = -1 }
    var position = 0
    while position < count {
      let length = UTF8Scalar.length(lead: word[position], limit: count - position)
      let score = nodes[position].score
      var isPiece = false
      var node = trie.root
      var next = position
      while next < count, let isKey = trie.step(&node, word[next]) {
        next += 1
        guard isKey else { continue }
        let id = trie.value(node)
        guard id < scores.count else { continue }
        improve(&nodes[next], score + scores[id], position, Int32(truncatingIfNeeded: id))
        if next - position == length { isPiece = true }
      }
      if !isPiece {
        improve(&nodes[position + length], score + unknownScore, position, unknown)
      }
      position += length
    }
    trace(nodes, word, count, to: &output)
  }

  @inline(__always)
  private func improve(_ node: inout Node, _ score: Double, _ start: Int, _ id: Int32) {
    if node.start < 0 || score > node.score {
      node = Node(score: score, start: Int32(truncatingIfNeeded: start), id: id)
    }
  }

  /// Follows the best path back from the end of the word.
  private func trace(
    _ nodes: UnsafeMutablePointer<Node>, _ word: UnsafePointer<UInt8>, _ count: Int,
    to output: inout [Int32]
  ) {
    let first = output.count
    var end = count
    while end > 0 {
      var node = nodes[end]
      guard node.start >= 0 else { break }
      guard node.id == unknown else {
        output.append(node.id)
        end = Int(node.start)
        continue
      }
      let runEnd = end
      while node.start >= 0, node.id == unknown {
        end = Int(node.start)
        guard end > 0 else { break }
        node = nodes[end]
      }
      // The run's text may by chance be a piece, if the unknown piece's own name is part of it.
      if let piece = piece(word, from: end, to: runEnd) {
        output.append(piece)
      } else if let bytePieces, bytePieces.hasAll(word, from: end, to: runEnd) {
        // The whole is reversed in the end.
        for position in (end..<runEnd).reversed() { output.append(bytePieces[word[position]]) }
      } else {
        output.append(unknown)
      }
    }
    output[first...].reverse()
  }

  private func piece(_ word: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int32? {
    guard let match = trie.prefix(of: word, from: start, to: end, longest: true),
      match.length == end - start, match.value < scores.count
    else { return nil }
    return Int32(truncatingIfNeeded: match.value)
  }
}
