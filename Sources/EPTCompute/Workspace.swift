import EPTSystem
import Synchronization

/// What one pass through a model works with: memory and threads.
///
/// One pass at a time uses a workspace; a model lends them out under a lock, which is why the
/// class may cross threads unchecked.
package final class Workspace: @unchecked Sendable {
  package let threads: Int
  /// Memory that lasts through the pass.
  package let arena = Arena()
  /// Memory of each thread, for one piece of work.
  private let scratch: [Arena]
  /// A workspace for each thread, for pieces of work that are passes of their own.
  private lazy var own = scratch.map { _ in Workspace(threads: 1) }
  /// The threads beside the calling one, started at the first fork.
  private lazy var team = ThreadTeam(helpers: threads - 1)
  /// Whether several threads are at work now; written while one is.
  private var isForked = false

  package init(threads: Int) {
    self.threads = max(1, threads)
    scratch = (0..<self.threads).map { _ in Arena() }
  }

  /// Runs `body` for each piece `0..<count`, on all threads, and waits.
  ///
  /// As `forEach`, but `body` gets a workspace of one thread that is its own until it returns.
  /// What a piece computes stays in its thread's cache, and threads wait for one another only at
  /// the end.
  package func forEachAlone(_ count: Int, _ body: (Int, Workspace) -> Void) {
    let own = own
    forEachNumbered(count) { piece, worker in
      own[worker].arena.temporary { body(piece, own[worker]) }
    }
  }

  /// Runs `body` for each piece `0..<count`, on all threads, and waits.
  ///
  /// `body` gets memory that is its own until it returns. Pieces must not depend on one another
  /// and must be cut independently of `threads`: then results are the same for any number of
  /// threads.
  package func forEach(_ count: Int, _ body: (Int, Arena) -> Void) {
    forEachNumbered(count) { piece, worker in
      scratch[worker].temporary { body(piece, scratch[worker]) }
    }
  }

  /// The same, `body` being told which thread it is on.
  private func forEachNumbered(_ count: Int, _ body: (_ piece: Int, _ worker: Int) -> Void) {
    guard threads > 1, count > 1 else {
      for piece in 0..<count { body(piece, 0) }
      return
    }
    precondition(!isForked, "pieces of work do not fork again")
    isForked = true
    defer { isForked = false }
    let next = Atomic(0)
    team.run { worker in
      while true {
        let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard piece < count else { return }
        body(piece, worker)
      }
    }
  }

  /// Runs `body` for consecutive blocks of `rows` rows, on all threads, and waits.
  ///
  /// Blocks are large enough to pay for packing the weights once more. They are small enough for
  /// a layer's activations to stay in the second-level cache. With several threads their number is
  /// two or a multiple of four, so that threads finish together. Few rows are one block on the
  /// calling thread, and their products `split`.
  package func forRowBlocks(_ rows: Int, _ body: (Range<Int>, Arena) -> Void) {
    let wanted = (rows + 255) / 256
    let most = rows < 64 ? 1 : rows < 128 ? 2 : (wanted + 3) / 4 * 4
    let blocks = threads == 1 ? wanted : most
    forEach(rows == 0 ? 0 : blocks) { block, arena in
      body(rows * block / blocks..<rows * (block + 1) / blocks, arena)
    }
  }

  /// Runs `body` for all `columns` of a product in ranges on all threads, and waits.
  ///
  /// The calling thread does all if it is at work beside others already, or if so little is to do
  /// that waking them takes longer. `cost` is the multiplications of one column.
  package func split(columns: Int, cost: Int, _ body: (Range<Int>) -> Void) {
    guard threads > 1, !isForked, columns > 1, columns * cost >= 1 << 17 else {
      return body(0..<columns)
    }
    let parts = min(threads, columns)
    forEach(parts) { part, _ in
      body(columns * part / parts..<columns * (part + 1) / parts)
    }
  }
}
