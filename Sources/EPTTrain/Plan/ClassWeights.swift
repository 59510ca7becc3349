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

  /// Reads a file with a line for each of `task`'s labels: the label, a tab, a comma or blanks, its
  /// factor.
  ///
  /// - Throws: `TaskError.badRow` for a line that is none of these, `.badTaskFile` for a label without a
  ///   line; `SystemError` if the file cannot be read.
  public static func read(_ path: String, for task: TaskDefinition) throws -> ClassWeights {
    let file = try MappedFile(path: path)
    try file.refuseStandIn(for: "a file of class weights")
    let text = file.withBytes { String(decoding: $0, as: UTF8.self) }
    var weights = [Float?](repeating: nil, count: task.labels.count)
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
      func refuse(_ reason: String) -> TaskError {
        .badRow(path: path, line: index + 1, reason: reason)
      }
      let line = line.trimmed
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
      guard weights[place] == nil else {
        throw refuse("the label \(name.printable(limit: 40)) stands here twice")
      }
      weights[place] = weight
    }
    if let missing = weights.firstIndex(of: nil) {
      throw TaskError.badTaskFile(
        path: path,
        reason: "the label \(task.labels[missing].word.printable(limit: 40)) has no weight")
    }
    return .given(weights.compactMap { $0 })
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
