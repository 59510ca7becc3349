import Dispatch
import Synchronization
import Testing

@testable import EPTSystem

struct BoundedQueueTests {
  @Test("What is ready is taken without waiting, by one who also puts in")
  func oneThread() throws {
    let queue = BoundedQueue<Int>(room: 100)
    #expect(!queue.isReady(count: 4, cost: 50))
    #expect(queue.put(1, cost: 1))
    #expect(!queue.isReady(count: 4, cost: 50))
    queue.pause()
    #expect(queue.isReady(count: 4, cost: 50))
    #expect(try queue.take(count: 4, cost: 50) == [1])
    #expect(!queue.isReady(count: 4, cost: 50))
    #expect(queue.put(2, cost: 60) && queue.isReady(count: 4, cost: 50))
    #expect(try queue.take(count: 4, cost: 50) == [2])
    #expect(queue.put(3, cost: 1))
    queue.finish()
    #expect(queue.isReady(count: 4, cost: 50))
    #expect(try queue.take(count: 4, cost: 50) == [3])
    #expect(queue.isReady(count: 4, cost: 50))
    #expect(try queue.take(count: 4, cost: 50).isEmpty)
  }

  /// A number that two threads share.
  private final class Shared: Sendable {
    let value = Atomic(0)
  }

  @Test("A pause hands on what is there; plenty fills batches; the end hands on the rest")
  func batches() throws {
    let queue = BoundedQueue<Int>(room: 100)
    for element in 0..<3 { #expect(queue.put(element, cost: 1)) }
    queue.pause()
    #expect(try queue.take(count: 10, cost: 10) == [0, 1, 2])
    for element in 3..<30 { #expect(queue.put(element, cost: 1)) }
    #expect(try queue.take(count: 10, cost: 100) == Array(3..<13))
    #expect(try queue.take(count: 100, cost: 5) == Array(13..<18))
    queue.finish()
    #expect(try queue.take(count: 100, cost: 100) == Array(18..<30))
    #expect(try queue.take(count: 100, cost: 100).isEmpty)
  }

  @Test("An element that costs more than there is room passes alone")
  func large() throws {
    let queue = BoundedQueue<Int>(room: 10)
    #expect(queue.put(1, cost: 1000))
    #expect(try queue.take(count: 5, cost: 5) == [1])
  }

  @Test("An error comes after the last element")
  func failure() throws {
    let queue = BoundedQueue<Int>(room: 10)
    #expect(queue.put(1, cost: 1))
    queue.finish(throwing: SystemError.outputInUse(path: "x"))
    #expect(try queue.take(count: 5, cost: 5) == [1])
    #expect(throws: SystemError.outputInUse(path: "x")) { try queue.take(count: 5, cost: 5) }
  }

  @Test("Who puts in waits for room, and is let go when nobody takes any more")
  func backPressure() throws {
    let queue = BoundedQueue<Int>(room: 10)
    let count = Shared()
    let done = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      while queue.put(0, cost: 1) { count.value.add(1, ordering: .relaxed) }
      done.signal()
    }
    #expect(try queue.take(count: 10, cost: 10).count == 10)
    #expect(try queue.take(count: 10, cost: 10).count == 10)
    queue.cancel()
    #expect(done.wait(timeout: .now() + 10) == .success)
    // Twenty were taken, and ten fit in.
    #expect((20...30).contains(count.value.load(ordering: .relaxed)))
  }
}
