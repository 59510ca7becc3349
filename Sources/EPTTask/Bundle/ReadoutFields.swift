import EPTFormat
import EPTModel

/// What a bundle's `prompt` section says of the read-out; the head's numbers are tensors.
///
/// A kind of read-out that older versions do not know has the feature `readouts`, and names and
/// members of its own; a head of classes on one text is written as it always was.
struct ReadoutFields {
  /// What a bundle calls its read-out.
  enum Name: String, CaseIterable {
    case head
    case labelWords = "label_words"
    case number
    case labels
    case tags

    static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
  }

  static let readout = "readout"
  private static let features = "features"
  private static let offset = "offset"
  private static let scale = "scale"
  private static let thresholds = "thresholds"

  let kind: HeadKind
  let features: HeadFeatures

  init(_ head: LinearHead) {
    (kind, features) = (head.kind, head.features)
  }

  /// Whether each word is answered.
  var answersWords: Bool { kind == .tags }

  /// Whether a reader must know more than heads of classes on one text.
  var needsFeature: Bool { kind != .classes || features != .text }

  /// The members.
  var json: [JSONMember] {
    let name: Name
    var members: [JSONMember] = []
    switch kind {
    case .classes: name = .head
    case .number(let number):
      name = .number
      members = [
        JSONMember(Self.offset, .number(Double(number.offset))),
        JSONMember(Self.scale, .number(Double(number.scale))),
      ]
    case .labels(let thresholds):
      name = .labels
      members = [JSONMember(Self.thresholds, .array(thresholds.map { .number(Double($0)) }))]
    case .tags: name = .tags
    }
    if features != .text {
      members.append(JSONMember(Self.features, .string(features.rawValue)))
    }
    return [JSONMember(Self.readout, .string(name.rawValue))] + members
  }

  /// Reads what `json` wrote; the message says what is wrong with a member.
  ///
  /// - Throws: `Fault`.
  init(_ json: JSON, name: Name, classes: Int) throws(Fault) {
    func number(_ key: String) -> Float? {
      json[key]?.number.map(Float.init).flatMap { $0.isFinite ? $0 : nil }
    }
    switch name {
    case .head, .labelWords: kind = .classes
    case .tags: kind = .tags
    case .number:
      guard let offset = number(Self.offset), let scale = number(Self.scale), scale > 0 else {
        throw Fault(reason: "\"offset\" and \"scale\" must be numbers, the second more than 0")
      }
      kind = .number(NumberScale(offset: offset, scale: scale))
    case .labels:
      let thresholds = (json[Self.thresholds]?.array ?? []).compactMap { $0.number.map(Float.init) }
      guard thresholds.count == classes, thresholds.allSatisfy({ (0...1).contains($0) }) else {
        throw Fault(reason: "\"thresholds\" must hold a number from 0 to 1 for each label")
      }
      kind = .labels(thresholds: thresholds)
    }
    let text = json[Self.features]
    guard let features = text.map({ $0.string.flatMap(HeadFeatures.init) }) ?? .text else {
      throw Fault(
        reason: "\"features\" must be one of "
          + HeadFeatures.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self.features = features
  }

  /// What is wrong with a member.
  struct Fault: Error {
    let reason: String
  }

  /// How many outputs the head of a task with `classes` labels has.
  func outputs(classes: Int) -> Int {
    if case .number = kind { 1 } else { classes }
  }
}
