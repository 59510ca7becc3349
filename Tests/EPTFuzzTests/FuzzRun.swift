import CEPTTestSupport
import Foundation
import Testing

/// How many damaged files a reader gets, and which.
///
/// `EPT_FUZZ_FILES` asks for more. Every run has a seed of its own, which it prints; `EPT_FUZZ_SEED` makes a
/// run again.
struct FuzzRun {
  let files: Int
  let seed: UInt64

  init(_ reader: String) {
    let environment = ProcessInfo.processInfo.environment
    files = environment["EPT_FUZZ_FILES"].flatMap { Int($0) } ?? 5_000
    seed = environment["EPT_FUZZ_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)
    print("\(reader): \(files) damaged files, EPT_FUZZ_SEED=\(seed)")
  }

  /// Gives a reader damaged copies of `seeds`, and holds it to its limits.
  ///
  /// - Parameters:
  ///   - seeds: Whole files, all of which are accepted.
  ///   - keepsLength: Whether the next copy is as long as its seed.
  ///   - seconds: The most that one file may take.
  ///   - memory: The most bytes that may be held at once.
  ///   - isAccepted: Whether the reader takes a file.
  /// - Throws: What `isAccepted` throws, which is none of the reader's own errors.
  func damage(
    _ seeds: [[UInt8]], keepsLength: (inout Mutator) -> Bool, seconds: Double, memory: Int,
    isAccepted: ([UInt8]) throws -> Bool
  ) throws {
    for seed in seeds { #expect(try isAccepted(seed)) }
    var mutator = Mutator(seed: seed)
    var (accepted, slowest, most) = (0, 0.0, 0)
    for _ in 0..<files {
      var bytes = seeds[mutator.below(seeds.count)]
      let other = seeds[mutator.below(seeds.count)]
      let isKept = keepsLength(&mutator)
      mutator.damage(&bytes, other: other, keepsLength: isKept)
      let start = ept_thread_seconds()
      ept_allocations_begin()
      let isRead = try isAccepted(bytes)
      most = max(most, ept_allocations_end().peak)
      slowest = max(slowest, ept_thread_seconds() - start)
      accepted += isRead ? 1 : 0
    }
    #expect(slowest < seconds)
    #expect(most < memory)
    // A mutator whose files are all refused tries little.
    #expect(accepted > files / 100)
  }
}
