import CEPTSystem
import Glibc
import Synchronization

/// Threads that help one caller through many short pieces of work.
///
/// A pass over one text forks some two hundred times for a few microseconds each. A thread that
/// sleeps takes longer than that to wake, so helpers spin between pieces of work, and sleep once
/// nothing has come for a while. The caller does not wait for a helper that is late. It closes a
/// round when the work is done, and waits only for the helpers that take part.
package final class ThreadTeam: Sendable {
  /// Looks before a thread that waits goes to sleep: some 50 microseconds.
  private static let patience = 2000

  private let state: State
  private let helpers: Int

  /// Starts `helpers` threads; fewer where the system gives no more.
  package convenience init(helpers: Int) {
    self.init(helpers: helpers, roundsBefore: 0)
  }

  /// A team that numbers its rounds as if it had been through `roundsBefore` already; tests begin near
  /// the last number, after which the count starts over.
  init(helpers: Int, roundsBefore: UInt32) {
    let state = State(roundsBefore: roundsBefore)
    self.state = state
    self.helpers = (0..<helpers).count { _ in
      var thread = pthread_t()
      let argument = Unmanaged.passRetained(state)
      let status = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<State>.fromOpaque(argument).takeRetainedValue().help()
          return nil
        }, argument.toOpaque())
      guard status == 0 else {
        argument.release()
        return false
      }
      pthread_detach(thread)
      return true
    }
  }

  deinit { state.end() }

  /// Runs `body` on the calling thread, as worker 0, and on helpers that arrive in time, as workers
  /// 1, 2 and so on.
  ///
  /// Returns when all of them have finished.
  ///
  /// One caller at a time. `body` takes pieces of work until there are none.
  package func run(_ body: (_ worker: Int) -> Void) {
    guard helpers > 0 else { return body(0) }
    withoutActuallyEscaping(body) { body in
      state.open(body)
      body(0)
      state.close()
    }
  }

  /// What the caller and its helpers share.
  ///
  /// Unchecked, since `body` is written by the caller alone, while no helper takes part.
  private final class State: @unchecked Sendable {
    /// The number of the round in the upper half, then whether it is open, then how many helpers take
    /// part.
    ///
    /// A helper joins by adding 1 while the round is open.
    private let round: Atomic<UInt64>
    private static let next: UInt64 = 1 << 32
    private static let isOpen: UInt64 = 1 << 31

    /// How many helpers are done with this round.
    private let finished = Atomic<Int>(0)
    private let isEnding = Atomic<Bool>(false)
    private let sleepers = Atomic<Int>(0)
    private var body: ((Int) -> Void)?

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// Told when a round opens, when a helper has finished, and at the end.
    private let change: UnsafeMutablePointer<pthread_cond_t>

    /// The number of the last round before the first one that a helper sees.
    private let firstSeen: UInt64

    init(roundsBefore: UInt32) {
      firstSeen = UInt64(roundsBefore)
      round = Atomic(firstSeen * Self.next)
      mutex = .allocate(capacity: 1)
      change = .allocate(capacity: 1)
      pthread_mutex_init(mutex, nil)
      pthread_cond_init(change, nil)
    }

    deinit {
      pthread_cond_destroy(change)
      pthread_mutex_destroy(mutex)
      change.deallocate()
      mutex.deallocate()
    }

    /// Begins a round.
    func open(_ body: @escaping (Int) -> Void) {
      self.body = body
      finished.store(0, ordering: .relaxed)
      let last = round.load(ordering: .relaxed)
      // After 2^32 rounds the numbers start over: only whether two are the same matters.
      round.store(
        (last / Self.next &+ 1) &* Self.next | Self.isOpen, ordering: .sequentiallyConsistent)
      wakeSleepers()
    }

    /// Ends a round: nobody joins any more, and all who did have finished.
    func close() {
      let joined = Int(
        round.bitwiseAnd(~Self.isOpen, ordering: .acquiringAndReleasing).newValue % Self.isOpen)
      wait { finished.load(ordering: .sequentiallyConsistent) == joined }
      body = nil
    }

    /// Lets all helpers return.
    func end() {
      isEnding.store(true, ordering: .sequentiallyConsistent)
      wakeSleepers()
    }

    /// A helper's whole life.
    func help() {
      var seen = firstSeen
      while true {
        wait {
          round.load(ordering: .sequentiallyConsistent) / Self.next != seen
            || isEnding.load(ordering: .sequentiallyConsistent)
        }
        guard !isEnding.load(ordering: .relaxed) else { return }
        let current = round.load(ordering: .acquiring)
        seen = current / Self.next
        guard let worker = join(current) else { continue }
        body?(worker)
        finished.wrappingAdd(1, ordering: .sequentiallyConsistent)
        wakeSleepers()
      }
    }

    /// Takes part in the round `current`; the helper's number, nil if the round is closed.
    private func join(_ current: UInt64) -> Int? {
      var current = current
      let number = current / Self.next
      while current & Self.isOpen != 0, current / Self.next == number {
        let (joined, original) = round.compareExchange(
          expected: current, desired: current + 1, ordering: .acquiringAndReleasing)
        if joined { return Int(current % Self.isOpen) + 1 }
        current = original
      }
      return nil
    }

    /// Returns when `condition` holds: spins first, then sleeps until told of changes.
    private func wait(_ condition: () -> Bool) {
      for _ in 0..<ThreadTeam.patience {
        if condition() { return }
        ept_spin_pause()
      }
      pthread_mutex_lock(mutex)
      sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
      while !condition() { pthread_cond_wait(change, mutex) }
      sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
      pthread_mutex_unlock(mutex)
    }

    /// Who changes something that others wait for calls this next.
    ///
    /// A thread counts as sleeping before it looks for the last time, so it either sees the change or
    /// is woken.
    private func wakeSleepers() {
      guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(change)
      pthread_mutex_unlock(mutex)
    }
  }
}
