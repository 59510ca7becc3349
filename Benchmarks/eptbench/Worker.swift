import EPTFormat
import Glibc

/// How `Benchmarks/speed` drives a contender.
///
/// It says that it is ready; then each line `go` on standard input asks for one round, answered by
/// a line of JSON with its duration and the number of items.
enum Worker {
  /// Answers rounds until the input ends.
  ///
  /// `round` does the work and gives its number of items.
  static func serve(_ about: JSON, round: () throws -> Int) throws {
    say(about)
    let clock = ContinuousClock()
    while waitForGo() {
      var items = 0
      let time = try clock.measure { items = try round() }
      say(seconds: time / .seconds(1), items: items)
    }
  }

  /// Waits for the next round; false at the end of the input.
  static func waitForGo() -> Bool { readLine() == "go" }

  /// Answers one round.
  static func say(seconds: Double, items: Int) {
    say(["seconds": .number(seconds), "items": .integer(items)])
  }

  /// Writes one line at once.
  static func say(_ value: JSON) {
    print(value.serialized())
    fflush(nil)
  }
}
