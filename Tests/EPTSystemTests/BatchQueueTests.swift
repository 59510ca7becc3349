import Testing

@testable import EPTSystem

struct BatchQueueTests {
  private func elements(_ values: some Sequence<Int>, cost: Int = 1) -> [(element: Int, cost: Int)]
  {
    values.map { ($0, cost) }
  }

  @Test("Callers take turns, so that one with many elements holds up nobody")
  func turns() {
    let queue = BatchQueue<Int>(room: 1000)
    #expect(queue.put(elements(0..<100)))
    #expect(queue.put(elements([1000])))
    #expect(queue.put(elements([2000, 2001])))
    let first = queue.take(count: 12, cost: 100, wait: 0)
    #expect(first == Array(0..<8) + [1000, 2000, 2001, 8])
    #expect(queue.take(count: 200, cost: 1000, wait: 0) == Array(9..<100))
    #expect(queue.count == 0)
  }

  @Test("A batch ends at its count or at its cost, and has one element at least")
  func limits() {
    let queue = BatchQueue<Int>(room: 10)
    #expect(queue.put(elements(0..<6, cost: 10)))
    #expect(queue.take(count: 10, cost: 25, wait: 0) == [0, 1, 2])
    #expect(queue.take(count: 1, cost: 25, wait: 0) == [3])
    #expect(queue.take(count: 10, cost: 1, wait: 0) == [4])
  }

  @Test("What does not fit is refused as a whole, and so is all after the end")
  func room() {
    let queue = BatchQueue<Int>(room: 3)
    #expect(queue.put(elements([1, 2])))
    #expect(!queue.put(elements([3, 4])) && queue.count == 2)
    #expect(queue.hasRoom(for: 1) && !queue.hasRoom(for: 2))
    #expect(queue.put(elements([5])))
    queue.finish()
    #expect(!queue.put(elements([6])) && !queue.hasRoom(for: 0))
    #expect(queue.take(count: 10, cost: 10, wait: .max >> 1) == [1, 2, 5])
    #expect(queue.take(count: 10, cost: 10, wait: 0).isEmpty)
  }

  @Test("Whoever takes waits for others, for a bounded time")
  func waiting() throws {
    let queue = BatchQueue<Int>(room: 100)
    // Enough is there before the wait is over.
    #expect(queue.put(elements([1])))
    try BackgroundThread.start("to test with") { _ = queue.put([(2, 1), (3, 1)]) }
    #expect(queue.take(count: 3, cost: 100, wait: 60_000_000_000) == [1, 2, 3])
    // The wait is over before enough is there.
    #expect(queue.put(elements([4])))
    #expect(queue.take(count: 3, cost: 100, wait: 1_000_000) == [4])
    // The first is waited for as long as it takes.
    try BackgroundThread.start("to test with") { _ = queue.put([(5, 1)]) }
    #expect(queue.take(count: 1, cost: 1, wait: 0) == [5])
  }
}
