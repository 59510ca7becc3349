import EPTFormat
import EPTSystem

/// The training loss of one step.
public struct StepLoss: Sendable, Equatable {
  public let step: Int
  public let loss: Double

  public init(step: Int, loss: Double) {
    self.step = step
    self.loss = loss
  }
}

/// Reads the log that `eptc tune --log` writes, one JSON object a line.
public enum RunLog {
  /// The losses of the run with `seed`, in order of their steps.
  ///
  /// A step that is written twice, as after a resumed run, counts once, as last written.
  ///
  /// - Throws: `FormatError.corrupt` for a line that is no JSON, naming it; `FormatError` if the file
  ///   cannot be read.
  public static func stepLosses(path: String, seed: Int?) throws -> [StepLoss] {
    let file = try MappedFile(path: path)
    return try file.withBytes { try stepLosses($0, path: path, seed: seed) }
  }

  private static func stepLosses(
    _ bytes: UnsafeRawBufferPointer, path: String, seed: Int?
  ) throws -> [StepLoss] {
    var losses: [Int: Double] = [:]
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.isEmpty {
      let record: JSON
      do {
        record = try JSON(parsing: UnsafeRawBufferPointer(rebasing: line))
      } catch let error as JSONError {
        // A run that was killed may have left its last line unfinished.
        if index == lines.count - 1 { break }
        throw FormatError.corrupt(
          path: path, location: "line \(index + 1)", reason: "not JSON: \(error)")
      }
      guard record["event"] == "step", let step = record["step"]?.integer,
        let loss = record["loss"]?.number, loss.isFinite,
        seed == nil || record["seed"]?.integer == nil || record["seed"]?.integer == seed
      else { continue }
      losses[step] = loss
    }
    return losses.sorted { $0.key < $1.key }.map { StepLoss(step: $0.key, loss: $0.value) }
  }
}
