import Dispatch
import Synchronization

/// What one pass through a model works with: memory and threads.
///
/// One pass at a time uses a workspace; a model lends them out under a lock, which is why the
/// class may cross threads unchecked.
final class Workspace: @unchecked Sendable {
  let threads: Int
  /// Memory that lasts through the pass.
  let arena = Arena()
  /// Memory of each thread, for one piece of work.
  private let scratch: [Arena]
  /// Whether several threads are at work now; written while one is.
  private var isForked = false

  init(threads: Int) {
    self.threads = max(1, threads)
    scratch = (0..<self.threads).map { _ in Arena() }
  }

  /// Runs `body` for each piece `0..<count`, on all threads, and waits.
  ///
  /// `body` gets memory that is its own until it returns. Pieces must not depend on one another
  /// and must be cut independently of `threads`: then results are the same for any number of
  /// threads.
  func forEach(_ count: Int, _ body: (Int, Arena) -> Void) {
    guard threads > 1, count > 1 else {
      for piece in 0..<count {
        scratch[0].temporary { body(piece, scratch[0]) }
      }
      return
    }
    precondition(!isForked, "pieces of work do not fork again")
    isForked = true
    defer { isForked = false }
    let next = Atomic(0)
    withoutActuallyEscaping(body) { body in
      // Threads share what `body` captures; pieces write to places of their own.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: min(threads, count)) { worker in
        let arena = scratch[worker]
        while true {
          let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard piece < count else { return }
          arena.temporary { body(piece, arena) }
        }
      }
    }
  }

  /// Runs `body` for consecutive blocks of `rows` rows, on all threads, and waits.
  ///
  /// Blocks are large enough to pay for packing the weights once more, small enough for a
  /// layer's activations to stay in the second-level cache, and come in fours where there are
  /// several, so that two or four threads finish together. Few rows are one block on the calling
  /// thread, and their products `split`.
  func forRowBlocks(_ rows: Int, _ body: (Range<Int>, Arena) -> Void) {
    let wanted = (rows + 255) / 256
    let blocks = max(1, min((wanted + 3) / 4 * 4, rows / 32))
    forEach(rows == 0 ? 0 : blocks) { block, arena in
      body(rows * block / blocks..<rows * (block + 1) / blocks, arena)
    }
  }

  /// Runs `body` for all `columns` of a product in ranges on all threads, and waits.
  ///
  /// The calling thread does all if it is at work beside others already, or if so little is to do
  /// that waking them takes longer. `cost` is the multiplications of one column.
  func split(columns: Int, cost: Int, _ body: (Range<Int>) -> Void) {
    guard threads > 1, !isForked, columns > 1, columns * cost >= 1 << 17 else {
      return body(0..<columns)
    }
    let parts = min(threads, columns)
    forEach(parts) { part, _ in
      body(columns * part / parts..<columns * (part + 1) / parts)
    }
  }
}
