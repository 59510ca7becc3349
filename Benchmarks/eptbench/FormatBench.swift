import EPTFormat
import Foundation

/// Measures how backbone files are opened and decoded; one measurement a process.
enum FormatBench {
  /// Opens the backbone at `path`, prints how long it is until tensor `name` can be used, and waits for
  /// the end of its input, so that its memory can be looked at.
  static func open(_ path: String, tensor name: String) throws {
    let clock = ContinuousClock()
    var opened: (BackboneFile, StoredTensor)?
    var sum = 0
    let time = try clock.measure {
      let file = try BackboneFile(path: path)
      let tensor = try file.tensor(name)
      sum = withExtendedLifetime(tensor) { Int(tensor.bytes.first ?? 0) }
      opened = (file, tensor)
    }
    print("open_ms \(time / .milliseconds(1)) first_byte \(sum)")
    withExtendedLifetime(opened) { waitForEnd() }
  }

  /// Opens the backbone at `path`, prints how long the check of all its tensors takes, and waits for the
  /// end of its input.
  static func check(_ path: String) throws {
    let clock = ContinuousClock()
    let file = try BackboneFile(path: path)
    let time = try clock.measure {
      try file.prepare(
        file.tensorNames, threads: ProcessInfo.processInfo.activeProcessorCount)
    }
    print("check_ms \(time / .milliseconds(1)) bytes \(file.byteCount)")
    withExtendedLifetime(file) { waitForEnd() }
  }

  private static func waitForEnd() {
    fflush(nil)
    while readLine() != nil {}
  }

  /// Decodes all compressed tensors of the file at `path`, `rounds` times over, and prints the best
  /// speed: with the check of a first use, and without.
  static func decode(_ path: String, rounds: Int) throws {
    let clock = ContinuousClock()
    var (first, again) = (Double.infinity, Double.infinity)
    var bytes = 0
    for _ in 0..<rounds {
      let file = try BackboneFile(path: path)
      let names = file.container.records.filter { $0.codec == .planes }.map(\.name)
      func pass() throws -> Double {
        bytes = 0
        return try clock.measure {
          for name in names { bytes += try file.tensor(name).bytes.count }
        } / .seconds(1)
      }
      first = min(first, try pass())
      again = min(again, try pass())
    }
    print(
      "decoded_bytes \(bytes) first_gb_s \(Double(bytes) / first / 1e9)",
      "decode_gb_s \(Double(bytes) / again / 1e9)")
  }
}
