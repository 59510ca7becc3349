import EPTData
import EPTFormat

/// A task's rows, split.
public struct Dataset: Sendable {
  /// Rows to learn from.
  public let train: [Example]
  /// Rows to choose the best step by.
  public let validation: [Example]
  /// Rows for the final figure: public development rows.
  public let test: [Example]
  /// Rows skipped because their official file is known to be broken there.
  public let skippedRows: Int
  /// The user's own files that the rows come from; none for official ones.
  public var files: [DataFileRecord] = []

  /// Takes rows that are split already.
  public init(train: [Example], validation: [Example], test: [Example], skippedRows: Int = 0) {
    self.train = train
    self.validation = validation
    self.test = test
    self.skippedRows = skippedRows
  }

  /// The same rows, of which only `rows` of the training rows are learnt from.
  package func learning(from rows: [Int]) -> Dataset {
    var fewer = Dataset(
      train: rows.map { train[$0] }, validation: validation, test: test, skippedRows: skippedRows)
    fewer.files = files
    return fewer
  }

  /// Reads and splits the files in `location` by the task's rule.
  ///
  /// - Throws: `TaskError.dataNotFound`, `.badRow` or `.noRows`; `DataError` if a file cannot
  ///   be read.
  public init(_ definition: TaskDefinition, in location: DataLocation) throws {
    let train = try LabelledFile(
      try location.require(["train"], task: definition.name), definition)
    guard case .files(let validation, let test) = definition.split else {
      let dev = try location.require(DataLocation.devNames, task: definition.name)
      try self.init(definition, train: train, dev: LabelledFile(dev, definition))
      files = []
      return
    }
    try self.init(
      definition, train: train,
      dev: LabelledFile(location.require([validation], task: definition.name), definition),
      test: LabelledFile(location.require([test], task: definition.name), definition))
    files = []
  }

  /// Reads and splits files at the given paths by the task's rule; with `test` they are split already.
  ///
  /// - Throws: `TaskError.badRow`, `.noRows` or `.fewRows`; `DataError` if a file cannot be read.
  public init(
    _ definition: TaskDefinition, train: String, dev: String? = nil, test: String? = nil
  ) throws {
    try self.init(
      definition, train: LabelledFile(train, definition),
      dev: dev.map { try LabelledFile($0, definition) },
      test: test.map { try LabelledFile($0, definition) })
  }

  /// Splits files that have been read by the task's rule; with `test` they are split already.
  ///
  /// A rule of other files becomes that of large sets.
  ///
  /// - Throws: `TaskError.badRow`, `.noRows` or `.fewRows`.
  public init(
    _ definition: TaskDefinition, train: LabelledFile, dev: LabelledFile?,
    test: LabelledFile? = nil
  ) throws {
    let rows = try train.examples(of: definition)
    let devRows = try dev?.examples(of: definition)
    let testRows = try test?.examples(of: definition)
    try dev?.requireClasses(of: train, definition)
    try test?.requireClasses(of: train, definition)
    let parts = try Self.parts(
      definition, train: rows, dev: devRows, test: testRows, path: dev?.path ?? train.path)
    self.init(
      train: parts.train, validation: parts.validation, test: parts.test,
      skippedRows: [train, dev, test].reduce(0) { $0 + ($1?.skippedRows ?? 0) })
    files =
      [DataFileRecord(.train, train)] + (dev.map { [DataFileRecord(.dev, $0)] } ?? [])
      + (test.map { [DataFileRecord(.test, $0)] } ?? [])
  }

  private typealias Parts = (train: [Example], validation: [Example], test: [Example])

  /// `path` is that of the file that is split.
  private static func parts(
    _ definition: TaskDefinition, train: [Example], dev: [Example]?, test: [Example]?, path: String
  ) throws -> Parts {
    if let dev, let test { return (train, dev, test) }
    guard let dev = dev ?? test else {
      guard case .stratifiedTenths(let seed) = definition.split else {
        throw TaskError.fewRows(
          path: path, rows: train.count, reason: "this task needs rows to choose by",
          remedy: .giveDev)
      }
      return try tenths(train, seed: seed, path: path)
    }
    switch definition.split {
    case .halvedDev(let seed):
      try requireTwo(dev, path)
      let halves = SplitRule.halves(of: dev.count, seed: seed)
      return (train, halves.validation.map { dev[$0] }, halves.test.map { dev[$0] })
    case .stratifiedHalves(let seed):
      try requireTwo(dev, path)
      let halves = StratifiedSplit.halves(of: dev.map(\.label), seed: seed)
      return (train, halves.first.map { dev[$0] }, halves.second.map { dev[$0] })
    case .stratifiedHeldOut(let rows, let seed):
      var split = StratifiedSplit(train.map(\.label), seed: seed)
      let held = split.take(min(rows, max(1, train.count / 10)))
      return (split.rest.map { train[$0] }, held.map { train[$0] }, dev)
    case .heldOutTrain, .files, .stratifiedTenths:
      var (rows, seed) = (SplitRule.heldOutRows, SplitRule.standardSeed)
      if case .heldOutTrain(let ruleRows, let ruleSeed) = definition.split {
        (rows, seed) = (ruleRows, ruleSeed)
      }
      let parts = SplitRule.heldOut(rows, of: train.count, seed: seed)
      guard !parts.rest.isEmpty else {
        throw TaskError.fewRows(
          path: path, rows: train.count, reason: "none would be left to learn from",
          remedy: .giveTest)
      }
      return (parts.rest.map { train[$0] }, parts.held.map { train[$0] }, dev)
    }
  }

  private static func tenths(_ rows: [Example], seed: UInt64, path: String) throws -> Parts {
    var split = StratifiedSplit(rows.map(\.label), seed: seed)
    let tenth = max(1, rows.count / 10)
    let validation = split.take(tenth)
    let test = split.take(tenth)
    guard !validation.isEmpty, !test.isEmpty else {
      throw TaskError.fewRows(
        path: path, rows: rows.count,
        reason:
          "too few to hold some of them out: every class needs one to learn from, and two rows "
          + "more are needed to choose the best step and to test it", remedy: .giveDev)
    }
    return (split.rest.map { rows[$0] }, validation.map { rows[$0] }, test.map { rows[$0] })
  }

  private static func requireTwo(_ dev: [Example], _ path: String) throws {
    guard dev.count > 1 else {
      throw TaskError.fewRows(
        path: path, rows: dev.count,
        reason:
          "half of its rows choose the best step and half give the figure, so it needs two or "
          + "more", remedy: .giveTest)
    }
  }

  /// All rows of one labelled file, whatever its format.
  ///
  /// - Throws: `TaskError.badRow` or `.noRows`; `DataError` if the file cannot be read.
  public static func read(_ path: String, _ definition: TaskDefinition) throws -> [Example] {
    try LabelledFile(path, definition).examples(of: definition)
  }
}
