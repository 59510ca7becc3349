import Glibc
import Synchronization

/// Work that goes on beside other work, on threads of its own.
package final class Companions: Sendable {
  private let left: Atomic<Int>
  private let lock = Lock()

  /// Begins `works`; does them at once, one after another, where `threads` allows for no others or the
  /// system gives none.
  package init(_ works: [@Sendable () -> Void], threads: Int) {
    left = Atomic(0)
    for work in works {
      left.wrappingAdd(1, ordering: .relaxed)
      let run: @Sendable () -> Void = { [self] in
        work()
        lock.locked {
          left.wrappingSubtract(1, ordering: .relaxed)
          lock.notify()
        }
      }
      guard threads > 1, (try? BackgroundThread.start("beside others", run)) != nil else {
        run()
        continue
      }
    }
  }

  /// How many threads this work has now.
  package var running: Int { left.load(ordering: .relaxed) }

  /// Waits until all of it is done.
  package func wait() {
    lock.locked { while running > 0 { lock.wait() } }
  }
}
