import Dispatch
import Synchronization

/// Work that goes on beside other work, on threads of its own.
final class Companions: Sendable {
  private let group = DispatchGroup()
  private let left: Atomic<Int>

  /// Begins `works`; does them at once, one after another, where `threads` allows for no others.
  init(_ works: [@Sendable () -> Void], threads: Int) {
    left = Atomic(threads > 1 ? works.count : 0)
    guard threads > 1 else {
      for work in works { work() }
      return
    }
    for work in works {
      DispatchQueue.global().async(group: group) { [self] in
        work()
        left.wrappingSubtract(1, ordering: .relaxed)
      }
    }
  }

  /// How many threads this work has now.
  var running: Int { left.load(ordering: .relaxed) }

  /// Waits until all of it is done.
  func wait() {
    group.wait()
  }
}
