import Synchronization

/// Work that several threads share.
package enum Parallel {
  /// Calls `body` once for each number below `count`, on up to `threads` threads, in any order.
  ///
  /// Every call is made, whatever others throw. Where the system gives no threads, the calling one makes
  /// all calls.
  ///
  /// - Throws: What the call of the lowest number that fails throws.
  package static func forEach<Failure: Error>(
    _ count: Int, threads: Int = Processors.available,
    _ body: @Sendable (Int) throws(Failure) -> Void
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
    // More workers than processors would only wait for one another.
    let workers = min(threads, count, Processors.available)
    BackgroundThread.runTogether(helpers: workers - 1, work)
    if let failure = failure.withLock({ $0 }) { throw failure.error }
  }
}
