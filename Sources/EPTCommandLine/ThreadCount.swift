import ArgumentParser
import EPTSystem

/// How many threads a command works with.
package enum ThreadCount {
  /// What may be asked for; more than there are processors is cut to these.
  package static func validate(_ threads: Int?) throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more.") }
  }

  /// The number to use where `threads` was asked for; says so where that is less.
  package static func usable(_ threads: Int?) -> Int {
    guard let threads else { return Processors.available }
    guard threads > Processors.available else { return threads }
    report(
      "--threads \(threads) is more than the processors that this process may use; using "
        + "\(Processors.available)")
    return Processors.available
  }
}
