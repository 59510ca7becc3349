import Foundation

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
}
