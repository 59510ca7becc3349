import EPTFormat
import EPTSystem

/// Which rows are for training, for choosing the best step (validation), and for the final
/// figure (test).
///
/// No public test set has labels, so the public development rows give the final figure, as in
/// DePT and ATTEMPT. The random order is that of `RandomNumbers` with purpose `split`: not the
/// training's seed, so that runs of different seeds stay comparable.
public enum SplitRule: Sendable, Equatable {
  /// For large sets: `rows` shuffled rows of train (a tenth of it, if that is fewer) are
  /// validation, the others train; dev is test.
  case heldOutTrain(rows: Int, seed: UInt64)
  /// For small sets: train is train; the shuffled dev's first half is validation, its second
  /// half test.
  case halvedDev(seed: UInt64)
  /// Validation and test are files of their own, named without extension.
  case files(validation: String, test: String)
  /// `heldOutTrain` with as large a share of each class, for tasks found in data.
  case stratifiedHeldOut(rows: Int, seed: UInt64)
  /// `halvedDev` with as large a share of each class, for tasks found in data.
  case stratifiedHalves(seed: UInt64)
  /// Of train alone a tenth of each class is validation and a tenth test.
  case stratifiedTenths(seed: UInt64)

  /// How many rows `heldOutTrain` takes where nothing else is said.
  static let heldOutRows = 1000
  /// The seed where nothing else is said: DePT's.
  static let standardSeed: UInt64 = 42

  /// The rows `(validation, train)` of a train file of `count` rows.
  static func heldOut(_ rows: Int, of count: Int, seed: UInt64) -> (held: [Int], rest: [Int]) {
    var random = RandomNumbers(.split, seed)
    let order = random.shuffled(count)
    let held = min(rows, max(1, count / 10))
    return (Array(order.prefix(held)), Array(order.dropFirst(held)))
  }

  /// The rows `(validation, test)` of a dev file of `count` rows.
  static func halves(of count: Int, seed: UInt64) -> (validation: [Int], test: [Int]) {
    var random = RandomNumbers(.split, seed)
    let order = random.shuffled(count)
    return (Array(order.prefix(count / 2)), Array(order.dropFirst(count / 2)))
  }
}

extension SplitRule: CustomStringConvertible {
  /// Where validation and test rows come from, in a few words.
  public var description: String {
    switch self {
    case .heldOutTrain(let rows, _): "\(rows) of train, dev"
    case .halvedDev: "halves of dev"
    case .files(let validation, let test): "\(validation), \(test)"
    case .stratifiedHeldOut(let rows, _): "\(rows) of train by class, dev"
    case .stratifiedHalves: "halves of dev by class"
    case .stratifiedTenths: "a tenth of train each, by class"
    }
  }
}

extension SplitRule {
  /// The rule as it stands in a bundle.
  var json: JSON {
    switch self {
    case .heldOutTrain(let rows, let seed):
      ["kind": "held-out-train", "rows": .integer(rows), "seed": .integer(Int(clamping: seed))]
    case .halvedDev(let seed):
      ["kind": "halved-dev", "seed": .integer(Int(clamping: seed))]
    case .files(let validation, let test):
      ["kind": "files", "validation": .string(validation), "test": .string(test)]
    case .stratifiedHeldOut(let rows, let seed):
      [
        "kind": "stratified-held-out-train", "rows": .integer(rows),
        "seed": .integer(Int(clamping: seed)),
      ]
    case .stratifiedHalves(let seed):
      ["kind": "stratified-halved-dev", "seed": .integer(Int(clamping: seed))]
    case .stratifiedTenths(let seed):
      ["kind": "stratified-tenths", "seed": .integer(Int(clamping: seed))]
    }
  }

  /// Reads what `json` wrote, nil if it is something else.
  init?(_ json: JSON) {
    let seed = json["seed"]?.integer.flatMap(UInt64.init(exactly:))
    switch json["kind"]?.string {
    case "held-out-train":
      guard let rows = json["rows"]?.integer, rows > 0, let seed else { return nil }
      self = .heldOutTrain(rows: rows, seed: seed)
    case "halved-dev":
      guard let seed else { return nil }
      self = .halvedDev(seed: seed)
    case "stratified-held-out-train":
      guard let rows = json["rows"]?.integer, rows > 0, let seed else { return nil }
      self = .stratifiedHeldOut(rows: rows, seed: seed)
    case "stratified-halved-dev":
      guard let seed else { return nil }
      self = .stratifiedHalves(seed: seed)
    case "stratified-tenths":
      guard let seed else { return nil }
      self = .stratifiedTenths(seed: seed)
    case "files":
      guard let validation = json["validation"]?.string, let test = json["test"]?.string else {
        return nil
      }
      self = .files(validation: validation, test: test)
    default:
      return nil
    }
  }
}
