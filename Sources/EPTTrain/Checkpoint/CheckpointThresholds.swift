import EPTFormat
import EPTModel
import EPTTask

/// The thresholds of labels in a checkpoint; nothing stands there for runs of other answers.
enum CheckpointThresholds {
  static func members(_ key: String, _ thresholds: [Float]?) -> [JSONMember] {
    thresholds.map { [JSONMember(key, .array($0.map { .number(Double($0)) }))] } ?? []
  }

  /// Reads what `members` wrote: nil where it is something else, or not `count` thresholds.
  static func read(_ json: JSON, _ key: String, count: Int) -> [Float]?? {
    guard let member = json[key] else { return .some(nil) }
    let thresholds = (member.array ?? []).compactMap { $0.number.map(Float.init) }
    guard thresholds.count == count, thresholds.allSatisfy({ (0...1).contains($0) }) else {
      return nil
    }
    return thresholds
  }
}

extension TaskBundle {
  /// The thresholds that labels of a text are answered by; nil for other answers.
  var thresholds: [Float]? {
    if case .labels(let thresholds) = readout.kind { thresholds } else { nil }
  }
}
