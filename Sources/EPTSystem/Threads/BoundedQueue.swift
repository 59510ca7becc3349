/// Hands elements from one thread to another, as many at a time as are worth it.
///
/// Elements have a cost. The writer waits while the elements inside cost as much as there is room.
/// The reader waits for a whole batch, but only while the writer continues without a pause.
package final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  // Unchecked, since all that changes is guarded by `lock`.

  private let lock = Lock()
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
  package init(room: Int) {
    self.room = room
  }

  // MARK: The side that puts in

  /// Puts `element` in when there is room; false if nobody takes it any more.
  package func put(_ element: Element, cost: Int) -> Bool {
    lock.locked {
      while self.cost >= room, !isCancelled { lock.wait() }
      guard !isCancelled else { return false }
      isPaused = false
      elements.append((element, cost))
      self.cost += cost
      if isEnough { lock.notify() }
      return true
    }
  }

  /// Tells that the next element may be long in coming.
  package func pause() {
    lock.locked {
      isPaused = true
      lock.notify()
    }
  }

  /// Tells that there are no more elements, and why if that is no regular end.
  package func finish(throwing error: (any Error)? = nil) {
    lock.locked {
      isFinished = true
      failure = error
      lock.notify()
    }
  }

  // MARK: The side that takes out

  /// The next elements, up to `count` or until they cost `cost`; none at the end.
  ///
  /// - Throws: what `finish` was given, after the last element.
  package func take(count: Int, cost limit: Int) throws -> [Element] {
    try lock.locked {
      wanted = (count, limit)
      while elements.isEmpty || !(isEnough || isPaused || isFinished) {
        if elements.isEmpty, isFinished {
          if let failure { throw failure }
          return []
        }
        lock.wait()
      }
      var taken: [Element] = []
      var takenCost = 0
      for element in elements.prefix(count) where takenCost < limit {
        taken.append(element.element)
        takenCost += element.cost
      }
      elements.removeFirst(taken.count)
      cost -= takenCost
      lock.notify()
      return taken
    }
  }

  /// Whether `take` with the same arguments would return without waiting.
  package func isReady(count: Int, cost limit: Int) -> Bool {
    lock.locked {
      wanted = (count, limit)
      return isFinished || (!elements.isEmpty && (isEnough || isPaused))
    }
  }

  /// Whether what is inside makes a batch, or nothing more fits.
  private var isEnough: Bool {
    elements.count >= wanted.count || cost >= min(wanted.cost, room)
  }

  /// Tells that nobody takes elements any more.
  package func cancel() {
    lock.locked {
      isCancelled = true
      lock.notify()
    }
  }
}
