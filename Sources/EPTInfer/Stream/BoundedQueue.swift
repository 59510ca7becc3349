import Glibc

/// Hands elements from one thread to another, as many at a time as are worth it.
///
/// Elements have a cost. Whoever puts them in waits while those inside cost as much as there is
/// room; whoever takes them out waits for a whole batch, but no longer than the other side
/// goes on without a pause.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  // Unchecked, since all that changes is guarded by `lock`.

  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let room: Int
  private var elements: [(element: Element, cost: Int)] = []
  private var cost = 0
  /// What is enough for who waits to take elements out.
  private var wanted = (count: 1, cost: 0)
  private var isPaused = false
  private var isFinished = false
  private var failure: (any Error)?
  private var isCancelled = false

  /// A queue that is full when its elements cost `room`.
  init(room: Int) {
    self.room = room
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body()
  }

  private func notify() { pthread_cond_broadcast(changed) }

  private func wait() { pthread_cond_wait(changed, lock) }

  // MARK: The side that puts in

  /// Puts `element` in when there is room; false if nobody takes it any more.
  func put(_ element: Element, cost: Int) -> Bool {
    locked {
      while self.cost >= room, !isCancelled { wait() }
      guard !isCancelled else { return false }
      isPaused = false
      elements.append((element, cost))
      self.cost += cost
      if isEnough { notify() }
      return true
    }
  }

  /// Tells that the next element may be long in coming.
  func pause() {
    locked {
      isPaused = true
      notify()
    }
  }

  /// Tells that there are no more elements, and why if that is no regular end.
  func finish(throwing error: (any Error)? = nil) {
    locked {
      isFinished = true
      failure = error
      notify()
    }
  }

  // MARK: The side that takes out

  /// The next elements, up to `count` or until they cost `cost`; none at the end.
  ///
  /// - Throws: what `finish` was given, after the last element.
  func take(count: Int, cost limit: Int) throws -> [Element] {
    try locked {
      wanted = (count, limit)
      while elements.isEmpty || !(isEnough || isPaused || isFinished) {
        if elements.isEmpty, isFinished {
          if let failure { throw failure }
          return []
        }
        wait()
      }
      var taken: [Element] = []
      var takenCost = 0
      for element in elements.prefix(count) where takenCost < limit {
        taken.append(element.element)
        takenCost += element.cost
      }
      elements.removeFirst(taken.count)
      cost -= takenCost
      notify()
      return taken
    }
  }

  /// Whether what is inside makes a batch, or nothing more fits.
  private var isEnough: Bool {
    elements.count >= wanted.count || cost >= min(wanted.cost, room)
  }

  /// Tells that nobody takes elements any more.
  func cancel() {
    locked {
      isCancelled = true
      notify()
    }
  }
}
