/// Collects the work of many callers for one thread, which takes it in batches.
///
/// A caller puts all of its elements in at once, or none. Callers take turns: one with a thousand elements
/// holds up nobody who has one. Nobody waits to put in; a full queue says so.
package final class BatchQueue<Element: Sendable>: @unchecked Sendable {
  // Unchecked, since all that changes is guarded by `lock`.

  /// Elements of a caller that are taken before the next caller's turn.
  private static var turn: Int { 8 }

  private typealias Costed = (element: Element, cost: Int)

  private let lock = Lock()
  private let room: Int
  /// What each caller has left, none of it empty, in the order of their turns.
  private var callers: [ArraySlice<Costed>] = []
  private var elementCount = 0
  private var totalCost = 0
  /// When the oldest element came, or one that was there before it.
  private var since: UInt64 = 0
  private var isFinished = false

  /// A queue of at most `room` elements.
  package init(room: Int) {
    self.room = room
  }

  /// How many elements wait.
  package var count: Int { lock.locked { elementCount } }

  /// Whether `count` more elements would fit now.
  package func hasRoom(for count: Int) -> Bool {
    lock.locked { !isFinished && count <= room - elementCount }
  }

  /// Puts all of `elements` in; false, with none put in, if they do not fit or nobody takes any more.
  package func put(_ elements: [(element: Element, cost: Int)]) -> Bool {
    lock.locked {
      guard !isFinished, elements.count <= room - elementCount else { return false }
      guard !elements.isEmpty else { return true }
      if callers.isEmpty { since = Lock.now }
      callers.append(elements[...])
      elementCount += elements.count
      totalCost += elements.reduce(0) { $0 + $1.cost }
      lock.notify()
      return true
    }
  }

  /// The next elements, up to `count` or until they cost `cost`; none once the queue is finished and empty.
  ///
  /// Waits for the first, and then for as many as are wanted, but no longer than `wait` nanoseconds after the
  /// oldest came.
  package func take(count: Int, cost: Int, wait: UInt64) -> [Element] {
    lock.locked {
      while callers.isEmpty {
        if isFinished { return [] }
        lock.wait()
      }
      let deadline = since + wait
      while elementCount < count, totalCost < cost, !isFinished, Lock.now < deadline {
        lock.wait(until: deadline)
      }
      return taken(count: count, cost: cost)
    }
  }

  private func taken(count: Int, cost: Int) -> [Element] {
    var taken: [Element] = []
    var takenCost = 0
    while taken.count < count, takenCost < cost, var caller = callers.first {
      callers.removeFirst()
      var turn = Self.turn
      while turn > 0, taken.count < count, takenCost < cost, let next = caller.popFirst() {
        taken.append(next.element)
        takenCost += next.cost
        turn -= 1
      }
      if !caller.isEmpty { callers.append(caller) }
    }
    elementCount -= taken.count
    totalCost -= takenCost
    return taken
  }

  /// Lets nobody put in any more; what is inside is still taken.
  package func finish() {
    lock.locked {
      isFinished = true
      lock.notify()
    }
  }
}
