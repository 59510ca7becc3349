import Foundation
import Synchronization
import Testing

@testable import EPTSystem

/// Work that a team shares is done once and is done when `run` returns.
@Suite struct ThreadTeamTests {
  /// Runs `rounds` rounds of `pieces` pieces each; the sums that the pieces have left.
  private func sums(
    helpers: Int, rounds: Int, pieces: Int, pause: UInt32 = 0, roundsBefore: UInt32 = 0
  ) -> [Int] {
    let team = ThreadTeam(helpers: helpers, roundsBefore: roundsBefore)
    let done = UnsafeMutablePointer<Int>.allocate(capacity: pieces)
    done.initialize(repeating: 0, count: pieces)
    defer { done.deallocate() }
    for round in 0..<rounds {
      let next = Atomic(0)
      team.run { worker in
        #expect(0...helpers ~= worker)
        while true {
          let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard piece < pieces else { return }
          done[piece] += round + 1
        }
      }
      if pause > 0 { usleep(pause) }
    }
    return (0..<pieces).map { done[$0] }
  }

  @Test(arguments: [0, 1, 2, 5])
  func everyPieceIsDoneOnceARound(_ helpers: Int) {
    for pieces in [1, 2, 9] {
      #expect(
        sums(helpers: helpers, rounds: 500, pieces: pieces)
          == [Int](repeating: 500 * 501 / 2, count: pieces))
    }
  }

  @Test("The count of rounds starts over after 2^32 without a trap or a lost piece")
  func roundsBeyondTheLastNumber() {
    #expect(
      sums(helpers: 2, rounds: 500, pieces: 9, roundsBefore: .max - 250)
        == [Int](repeating: 500 * 501 / 2, count: 9))
  }

  @Test func helpersThatFellAsleepWakeUp() {
    #expect(
      sums(helpers: 3, rounds: 20, pieces: 7, pause: 3000) == [Int](repeating: 210, count: 7))
  }

  @Test func slowPiecesAreWaitedFor() {
    let team = ThreadTeam(helpers: 2)
    for _ in 0..<5 {
      let next = Atomic(0)
      let finished = Atomic(0)
      team.run { _ in
        while next.wrappingAdd(1, ordering: .relaxed).oldValue < 6 {
          usleep(2000)
          finished.wrappingAdd(1, ordering: .relaxed)
        }
      }
      #expect(finished.load(ordering: .relaxed) == 6)
    }
  }

  @Test func everyWorkerIsOnItsOwn() {
    let team = ThreadTeam(helpers: 3)
    for _ in 0..<200 {
      let workers = Mutex<[Int]>([])
      team.run { worker in workers.withLock { $0.append(worker) } }
      let seen = workers.withLock { $0.sorted() }
      #expect(seen == Array(0..<seen.count))
    }
  }
}
