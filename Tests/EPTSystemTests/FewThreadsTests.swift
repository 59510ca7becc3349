import Synchronization
import Testing

@testable import EPTSystem

@Suite("Work is done whatever threads there are")
struct FewThreadsTests {
  @Test(arguments: [-5, 0, 1, 2, 3, 1_000_000, Int.max])
  func everyCallIsMadeOnce(_ threads: Int) {
    let done = Mutex([Int](repeating: 0, count: 200))
    Parallel.forEach(200, threads: threads) { index in done.withLock { $0[index] += 1 } }
    #expect(done.withLock { $0 } == [Int](repeating: 1, count: 200))
  }

  @Test func theLowestFaultIsThrown() {
    struct Fault: Error, Equatable { let index: Int }
    #expect(throws: Fault(index: 3)) {
      try Parallel.forEach(50, threads: 4) { index in
        if index % 10 == 3 { throw Fault(index: index) }
      }
    }
  }

  @Test(arguments: [1, 4])
  func companionsAreWaitedFor(_ threads: Int) {
    let sum = Mutex(0)
    let companions = Companions(
      (1...5).map { number in { sum.withLock { $0 += number } } }, threads: threads)
    companions.wait()
    #expect(sum.withLock { $0 } == 15 && companions.running == 0)
  }
}
