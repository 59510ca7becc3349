import EPTCompute
import EPTFormat
import EPTModel

/// How a bundle came to be: settings and results, without any time of day.
public struct TrainingRecord: Sendable, Equatable {
  /// Every setting in effect, by name; an object.
  public var settings: JSON
  /// Steps made.
  public var steps: Int
  /// The step whose parameters the bundle holds.
  public var bestStep: Int
  /// Whether training was stopped from outside.
  public var isInterrupted: Bool
  /// The metric of the bundle's parameters on the validation rows; nil if they were not scored.
  public var validation: MetricScore?
  /// What the most frequent class scores on the validation rows.
  public var validationMajority: MetricScore
  /// The metric on the test rows; nil if they were not scored.
  public var test: MetricScore?
  /// What the most frequent class scores on the test rows.
  public var testMajority: MetricScore
  /// The evaluations on the way; none in bundles of older versions and in folded ones.
  public var history: TrainingHistory
  /// The gate at step 0, `[s, K]`; nil for one that weighed all subspaces alike, as it does unless
  /// training went on from another bundle.
  public var startGate: Matrix?
  /// The user's own files that the rows came from; none of official ones and in older bundles.
  public var files: [DataFileRecord]

  public init(
    settings: JSON, steps: Int, bestStep: Int, isInterrupted: Bool, validation: MetricScore?,
    validationMajority: MetricScore, test: MetricScore?, testMajority: MetricScore,
    history: TrainingHistory = TrainingHistory(), startGate: Matrix? = nil,
    files: [DataFileRecord] = []
  ) {
    self.settings = settings
    self.steps = steps
    self.bestStep = bestStep
    self.isInterrupted = isInterrupted
    self.validation = validation
    self.validationMajority = validationMajority
    self.test = test
    self.testMajority = testMajority
    self.history = history
    self.startGate = startGate
    self.files = files
  }
}

extension TrainingRecord {
  /// The record as it stands in a bundle.
  package var json: JSON {
    var members = [
      JSONMember("settings", settings),
      JSONMember("steps", .integer(steps)),
      JSONMember("best_step", .integer(bestStep)),
      JSONMember("interrupted", .bool(isInterrupted)),
      JSONMember("validation", validation?.json ?? .null),
      JSONMember("validation_majority", validationMajority.json),
      JSONMember("test", test?.json ?? .null),
      JSONMember("test_majority", testMajority.json),
    ]
    if !history.points.isEmpty { members.append(JSONMember("history", history.json)) }
    if let startGate {
      members.append(JSONMember("start_gate", TrainingHistory.rows(of: startGate)))
    }
    if !files.isEmpty { members.append(JSONMember("files", .array(files.map(\.json)))) }
    return .object(members)
  }

  /// Reads what `json` wrote, nil if it is something else.
  package init?(_ json: JSON) {
    guard let settings = json["settings"], settings.object != nil,
      let steps = json["steps"]?.integer, steps >= 0,
      let bestStep = json["best_step"]?.integer, (0...steps).contains(bestStep),
      let isInterrupted = json["interrupted"]?.bool,
      let validation = json["validation"],
      let validationMajority = json["validation_majority"].flatMap(MetricScore.init),
      let test = json["test"],
      let testMajority = json["test_majority"].flatMap(MetricScore.init)
    else { return nil }
    let scores = [validation, test].map { $0 == .null ? nil : MetricScore($0) }
    guard (scores[0] == nil) == (validation == .null), (scores[1] == nil) == (test == .null)
    else { return nil }
    var history = TrainingHistory()
    if let columns = json["history"] {
      guard let read = TrainingHistory(columns) else { return nil }
      history = read
    }
    var startGate: Matrix?
    if let rows = json["start_gate"] {
      guard let read = TrainingHistory.matrix(rows) else { return nil }
      startGate = read
    }
    var files: [DataFileRecord] = []
    if let list = json["files"] {
      guard let array = list.array else { return nil }
      files = array.compactMap(DataFileRecord.init)
      guard files.count == array.count else { return nil }
    }
    self.init(
      settings: settings, steps: steps, bestStep: bestStep, isInterrupted: isInterrupted,
      validation: scores[0], validationMajority: validationMajority, test: scores[1],
      testMajority: testMajority, history: history, startGate: startGate, files: files)
  }
}

extension MetricScore {
  /// Figures by name, from 0 to 1.
  package var json: JSON {
    .object(figures.map { JSONMember($0.name, .number($0.value)) })
  }

  /// Reads what `json` wrote, nil if it is something else.
  package init?(_ json: JSON) {
    guard let members = json.object, !members.isEmpty else { return nil }
    let figures = members.compactMap { member in
      member.value.number.map { Figure(member.key, $0) }
    }
    guard figures.count == members.count,
      figures.allSatisfy(\.isPossible)
    else { return nil }
    self.init(figures)
  }
}
