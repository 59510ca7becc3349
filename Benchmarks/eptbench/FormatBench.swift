import EPTFormat
import Foundation

/// Measures how backbone files are opened and decoded; one measurement a process.
enum FormatBench {
  /// Opens the backbone at `path` and prints how long it is until tensor `name` can be used, and the
  /// memory that is this process's own by then.
  static func open(_ path: String, tensor name: String) throws {
    let before = memory()
    let clock = ContinuousClock()
    var sum = 0
    var kept: (BackboneFile, StoredTensor)?
    let time = try clock.measure {
      let file = try BackboneFile(path: path)
      let tensor = try file.tensor(name)
      sum = withExtendedLifetime(tensor) { Int(tensor.bytes.first ?? 0) }
      kept = (file, tensor)
    }
    let after = withExtendedLifetime(kept) { memory() }
    print(
      "open_ms \(time / .milliseconds(1)) private_mb \(megabytes(after.ownPages))",
      "more_private_mb \(megabytes(after.ownPages - before.ownPages)) first_byte \(sum)")
  }

  /// Opens the backbone at `path` and checks all its tensors; then, for each line that is read, prints
  /// how much of the file this process has mapped and how much of that another has mapped as well.
  static func share(_ path: String) throws {
    let clock = ContinuousClock()
    let file = try BackboneFile(path: path)
    let time = try clock.measure {
      try file.prepare(
        file.tensorNames, threads: ProcessInfo.processInfo.activeProcessorCount)
    }
    print("check_ms \(time / .milliseconds(1)) bytes \(file.byteCount)")
    fflush(nil)
    while readLine() != nil {
      let memory = memory(of: path)
      print(
        "mapped_mb \(megabytes(memory.all)) shared_mb \(megabytes(memory.shared))",
        "written_mb \(megabytes(memory.dirty))")
      fflush(nil)
    }
    withExtendedLifetime(file) {}
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

  private struct Memory {
    /// Pages that are this process's alone because it wrote to them.
    var ownPages = 0
    var all = 0
    var shared = 0
    var dirty = 0
  }

  /// Of this process, or of its mapping of one file, from the system's account.
  private static func memory(of path: String? = nil) -> Memory {
    var memory = Memory()
    let text = (try? String(contentsOfFile: "/proc/self/smaps", encoding: .utf8)) ?? ""
    var isCounted = path == nil
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard let key = fields.first, key.hasSuffix(":"), fields.count == 3,
        let value = Int(fields[1])
      else {
        if let path, !line.contains(": ") { isCounted = line.hasSuffix(path) }
        continue
      }
      guard isCounted else { continue }
      switch key {
      case "Rss:": memory.all += 1_024 * value
      case "Shared_Clean:", "Shared_Dirty:": memory.shared += 1_024 * value
      case "Private_Dirty:":
        memory.ownPages += 1_024 * value
        memory.dirty += 1_024 * value
      default: break
      }
    }
    return memory
  }

  private static func megabytes(_ bytes: Int) -> Double {
    (Double(bytes) / 1e4).rounded() / 100
  }
}
