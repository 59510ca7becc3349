import Dispatch
import Glibc
import Synchronization

/// Work that several threads share.
package enum Parallel {
  /// How many processors this process may run on.
  package static let processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

  /// Calls `body` once for each number below `count`, on up to `threads` threads, in any order.
  ///
  /// Every call is made, whatever others throw.
  ///
  /// - Throws: What the call of the lowest number that fails throws.
  package static func forEach(
    _ count: Int, threads: Int = processors, _ body: @Sendable (Int) throws -> Void
  ) throws {
    let threads = min(threads, count)
    if threads <= 1 {
      let failures = (0..<count).compactMap { index -> (any Error)? in
        do { try body(index) } catch { return error }
        return nil
      }
      if let first = failures.first { throw first }
      return
    }
    let next = Atomic(0)
    let failure = Mutex<(index: Int, error: any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        do {
          try body(index)
        } catch {
          failure.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
        }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
  }
}
