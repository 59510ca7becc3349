import CEPTSystem
import Glibc

/// Memory for one pass: handed out front to back, taken back all at once.
///
/// A step writes gigabytes through buffers of a few sizes. Fresh pages cost more than the
/// arithmetic on them, so an arena uses its pages again in the next pass and asks for huge ones.
package final class Arena {
  /// A point to release back to.
  package struct Mark {
    fileprivate let chunk: Int
    fileprivate let used: Int
  }

  private static let alignment = 64
  private static let smallestChunk = 1 << 20
  /// A huge page of the processors we run on; chunks of several are made of them.
  private static let hugePage = 1 << 21

  private var chunks: [UnsafeMutableRawBufferPointer] = []
  /// The chunk that numbers are taken from, and how many of its bytes are taken.
  private var chunk = 0
  private var used = 0

  package init() {}

  deinit {
    for chunk in chunks { free(chunk.baseAddress) }
  }

  /// Room for `count` numbers, uninitialised, at a multiple of 64 bytes.
  ///
  /// It is valid until the arena is released to an earlier mark.
  package func floats(_ count: Int) -> UnsafeMutablePointer<Float> { take(count) }

  /// Room for `count` words of 32 bits, uninitialised, at a multiple of 64 bytes.
  ///
  /// It is valid until the arena is released to an earlier mark.
  package func words(_ count: Int) -> UnsafeMutablePointer<Int32> { take(count) }

  private func take<Number>(_ count: Int) -> UnsafeMutablePointer<Number> {
    let bytes =
      (count * MemoryLayout<Number>.stride + Self.alignment - 1) & ~(Self.alignment - 1)
    while chunk < chunks.count, chunks[chunk].count - used < bytes {
      chunk += 1
      used = 0
    }
    if chunk == chunks.count {
      let size = max(bytes, Self.smallestChunk, chunks.last.map { 2 * $0.count } ?? 0)
      chunks.append(Self.memory(size))
    }
    defer { used += bytes }
    let start = UnsafeMutableRawBufferPointer(rebasing: chunks[chunk][used..<used + bytes])
    guard let address = start.bindMemory(to: Number.self).baseAddress else {
      preconditionFailure("an allocated chunk has an address")
    }
    return address
  }

  /// A new chunk of at least `size` bytes.
  ///
  /// If the system has no more memory, the process ends (`MemoryRefusals`): a pass that is half
  /// done cannot continue. The sizes were checked against their ranges before.
  private static func memory(_ size: Int) -> UnsafeMutableRawBufferPointer {
    let isLarge = size >= 2 * hugePage
    let size = isLarge ? (size + hugePage - 1) & ~(hugePage - 1) : size
    var address: UnsafeMutableRawPointer?
    guard posix_memalign(&address, isLarge ? hugePage : alignment, size) == 0 else {
      ept_memory_refused(size)
    }
    // A wish only: a kernel without huge pages gives small ones.
    if isLarge { madvise(address, size, MADV_HUGEPAGE) }
    return UnsafeMutableRawBufferPointer(start: address, count: size)
  }

  /// An uninitialised matrix.
  package func matrix(_ rows: Int, _ columns: Int) -> MatrixView {
    MatrixView(base: floats(rows * columns), rows: rows, columns: columns)
  }

  /// A matrix of zeros.
  package func zeros(_ rows: Int, _ columns: Int) -> MatrixView {
    let matrix = matrix(rows, columns)
    matrix.fill(0)
    return matrix
  }

  /// Where the arena stands now.
  package var mark: Mark { Mark(chunk: chunk, used: used) }

  /// Takes back all that was handed out since `mark`.
  package func release(to mark: Mark) {
    chunk = mark.chunk
    used = mark.used
  }

  /// Runs `body`, then takes back all that it was handed out.
  package func temporary<Result>(_ body: () throws -> Result) rethrows -> Result {
    let mark = mark
    defer { release(to: mark) }
    return try body()
  }
}
