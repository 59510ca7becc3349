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
  package static func forEach<Failure: Error>(
    _ count: Int, threads: Int = processors, _ body: @Sendable (Int) throws(Failure) -> Void
  ) throws(Failure) {
    let next = Atomic(0)
    let failure = Mutex<(index: Int, error: Failure)?>(nil)
    @Sendable func work() {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        do throws(Failure) {
          try body(index)
        } catch {
          failure.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
        }
      }
    }
    let workers = min(threads, count)
    if workers > 1 {
      DispatchQueue.concurrentPerform(iterations: workers) { _ in work() }
    } else {
      work()
    }
    if let failure = failure.withLock({ $0 }) { throw failure.error }
  }
}
