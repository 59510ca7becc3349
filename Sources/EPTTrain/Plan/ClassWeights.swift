import EPTFormat
import EPTSystem
import EPTTask

/// How much the rows of each class weigh in what training minimises.
public enum ClassWeights: Sendable, Equatable {
  /// All classes weigh the same together: rows / (classes · rows of the class), as scikit-learn has it,
  /// of the classes that have training rows.
  case balanced
  /// One factor a class, in the task's order.
  case given([Float])

  /// What a factor may be.
  private static let range: ClosedRange<Float> = 1e-6...1e6

  /// One factor a class.
  ///
  /// - Throws: `TrainError.invalidSetting` for another number of factors than classes, or one that can
  ///   be none.
  func values(of rows: [Example], classes: Int) throws -> [Float] {
    switch self {
    case .balanced:
      var counts = [Int](repeating: 0, count: classes)
      for row in rows { counts[row.label] += 1 }
      let present = counts.count { $0 > 0 }
      return counts.map { $0 > 0 ? Float(Double(rows.count) / Double(present * $0)) : 1 }
    case .given(let weights):
      guard weights.count == classes, weights.allSatisfy(Self.range.contains) else {
        throw TrainError.invalidSetting(
          [.classWeights],
          reason:
            "must be \(classes) numbers from \(Self.range.lowerBound) to \(Self.range.upperBound)")
      }
      return weights
    }
  }

  /// More bytes are no list of labels and numbers.
  private static let sizeLimit = 1 << 24
  /// More bytes are no label and its number.
  private static let lineLimit = 1 << 16

  /// Reads a file with a line for each of `task`'s labels: the label, a tab, a comma or blanks, its
  /// factor.
  ///
  /// - Throws: `TaskError.badRow` for a line that is none of these, `.badTaskFile` for a label without a
  ///   line; `SystemError` if the file cannot be read, or has more than 16 MiB.
  public static func read(_ path: String, for task: TaskDefinition) throws -> ClassWeights {
    let file = try MappedFile(reading: path, limit: sizeLimit)
    try file.refuseStandIn(for: "a file of class weights")
    var weights = [Float?](repeating: nil, count: task.labels.count)
    // A file without a bad line ends after one for each label, blank ones not counted.
    try file.withBytes { bytes in
      let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
      var rest = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
      var number = 0
      while !rest.isEmpty {
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = rest[line.endIndex...].dropFirst()
        number += 1
        guard line.contains(where: { $0 > 0x20 }) else { continue }
        func refuse(_ reason: String) -> TaskError {
          .badRow(path: path, line: number, reason: reason)
        }
        guard line.count <= lineLimit else {
          throw refuse("a line of more than \(lineLimit) bytes")
        }
        guard let text = String(validating: line, as: UTF8.self) else {
          throw refuse("a text that is not UTF-8; convert the file")
        }
        let (place, weight) = try entry(text[...].trimmed, of: task, refuse)
        guard weights[place] == nil else {
          throw refuse(
            "the label \(task.labels[place].word.printable(limit: 40)) stands here twice")
        }
        weights[place] = weight
      }
    }
    if let missing = weights.firstIndex(of: nil) {
      throw TaskError.badTaskFile(
        path: path,
        reason: "the label \(task.labels[missing].word.printable(limit: 40)) has no weight")
    }
    return .given(weights.compactMap { $0 })
  }

  /// The place of the label that `line` names, and its factor.
  private static func entry(
    _ line: Substring, of task: TaskDefinition, _ refuse: (String) -> TaskError
  ) throws -> (place: Int, weight: Float) {
    guard let end = line.lastIndex(where: { $0 == "," || $0.isWhitespace }) else {
      throw refuse("a label and its weight were expected, a tab between")
    }
    let number = line[line.index(after: end)...]
    var label = line[..<end].trimmed
    if label.last == "," { label = label.dropLast().trimmed }
    guard let weight = Float(number), range.contains(weight) else {
      throw refuse(
        "the weight \(String(number).printable(limit: 40)) must be a number from"
          + " \(range.lowerBound) to \(range.upperBound)")
    }
    let name = String(label)
    guard
      let place = task.labels.firstIndex(where: { $0.word.isIdentical(to: name) })
        ?? task.labels.firstIndex(where: { $0.value.isIdentical(to: name) })
    else { throw refuse("the task has no label \(name.printable(limit: 40))") }
    return (place, weight)
  }
}

extension Substring {
  /// Without blanks at both ends.
  fileprivate var trimmed: Substring {
    var rest = drop(while: \.isWhitespace)
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    return rest
  }
}
