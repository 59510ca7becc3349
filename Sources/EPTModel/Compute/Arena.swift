/// Memory for one pass: handed out front to back, taken back all at once.
///
/// A step writes gigabytes through buffers of a few sizes. Fresh pages cost more than the
/// arithmetic on them, so an arena keeps its pages from pass to pass.
final class Arena {
  /// A point to release back to.
  struct Mark {
    fileprivate let chunk: Int
    fileprivate let used: Int
  }

  private static let alignment = 64
  private static let smallestChunk = 1 << 20

  private var chunks: [UnsafeMutableRawBufferPointer] = []
  /// The chunk that numbers are taken from, and how many of its bytes are taken.
  private var chunk = 0
  private var used = 0

  deinit {
    for chunk in chunks { chunk.deallocate() }
  }

  /// Room for `count` numbers, uninitialised, at a multiple of 64 bytes.
  ///
  /// It is valid until the arena is released to an earlier mark.
  func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    let bytes =
      (count * MemoryLayout<Float>.stride + Self.alignment - 1) & ~(Self.alignment - 1)
    while chunk < chunks.count, chunks[chunk].count - used < bytes {
      chunk += 1
      used = 0
    }
    if chunk == chunks.count {
      let size = max(bytes, Self.smallestChunk, chunks.last.map { 2 * $0.count } ?? 0)
      chunks.append(.allocate(byteCount: size, alignment: Self.alignment))
    }
    defer { used += bytes }
    let start = UnsafeMutableRawBufferPointer(rebasing: chunks[chunk][used..<used + bytes])
    guard let address = start.bindMemory(to: Float.self).baseAddress else {
      preconditionFailure("an allocated chunk has an address")
    }
    return address
  }

  /// An uninitialised matrix.
  func matrix(_ rows: Int, _ columns: Int) -> MatrixView {
    MatrixView(base: floats(rows * columns), rows: rows, columns: columns)
  }

  /// A matrix of zeros.
  func zeros(_ rows: Int, _ columns: Int) -> MatrixView {
    let matrix = matrix(rows, columns)
    matrix.fill(0)
    return matrix
  }

  /// Where the arena stands now.
  var mark: Mark { Mark(chunk: chunk, used: used) }

  /// Takes back all that was handed out since `mark`.
  func release(to mark: Mark) {
    chunk = mark.chunk
    used = mark.used
  }

  /// Runs `body`, then takes back all that it was handed out.
  func temporary<Result>(_ body: () throws -> Result) rethrows -> Result {
    let mark = mark
    defer { release(to: mark) }
    return try body()
  }
}
