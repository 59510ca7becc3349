import EPTFormat

/// A task's rows, split.
public struct Dataset: Sendable {
  /// Rows to learn from.
  public let train: [Example]
  /// Rows to choose the best step by.
  public let validation: [Example]
  /// Rows for the final figure: public development rows.
  public let test: [Example]
  /// Rows passed over because their official file is known to be broken there.
  public let skippedRows: Int

  /// Takes rows that are split already.
  public init(train: [Example], validation: [Example], test: [Example], skippedRows: Int = 0) {
    self.train = train
    self.validation = validation
    self.test = test
    self.skippedRows = skippedRows
  }

  /// Reads and splits the files in `location` by the task's rule.
  ///
  /// - Throws: `TaskError.dataNotFound`, `.badRow` or `.noRows`; `FormatError` if a file cannot
  ///   be read.
  public init(_ definition: TaskDefinition, in location: DataLocation) throws {
    let train = try location.require(["train"], task: definition.name)
    guard case .files(let validation, let test) = definition.split else {
      let dev = try location.require(DataLocation.devNames, task: definition.name)
      try self.init(definition, train: train, dev: dev)
      return
    }
    try self.init(
      definition, train: train, dev: location.require([validation], task: definition.name),
      test: location.require([test], task: definition.name))
  }

  /// Reads three files that are split already.
  ///
  /// - Throws: `TaskError.badRow` or `.noRows`; `FormatError` if a file cannot be read.
  public init(_ definition: TaskDefinition, train: String, dev: String, test: String) throws {
    let train = try LabelledFile(train, definition)
    let dev = try LabelledFile(dev, definition)
    let test = try LabelledFile(test, definition)
    try dev.requireClasses(of: train, definition)
    try test.requireClasses(of: train, definition)
    self.init(
      train: train.examples, validation: dev.examples, test: test.examples,
      skippedRows: [train, dev, test].reduce(0) { $0 + $1.skippedRows })
  }

  /// Reads and splits two files by the task's rule; a rule of other files becomes that of large
  /// sets.
  ///
  /// - Throws: `TaskError.badRow` or `.noRows`; `FormatError` if a file cannot be read.
  public init(_ definition: TaskDefinition, train trainPath: String, dev devPath: String) throws {
    let train = try LabelledFile(trainPath, definition)
    let dev = try LabelledFile(devPath, definition)
    try dev.requireClasses(of: train, definition)
    let skippedRows = train.skippedRows + dev.skippedRows
    switch definition.split {
    case .halvedDev(let seed):
      let halves = SplitRule.halves(of: dev.examples.count, seed: seed)
      guard !halves.validation.isEmpty else { throw TaskError.noRows(path: devPath) }
      self.init(
        train: train.examples,
        validation: halves.validation.map { dev.examples[$0] },
        test: halves.test.map { dev.examples[$0] }, skippedRows: skippedRows)
    case .heldOutTrain, .files:
      var (rows, seed) = (SplitRule.heldOutRows, SplitRule.standardSeed)
      if case .heldOutTrain(let ruleRows, let ruleSeed) = definition.split {
        (rows, seed) = (ruleRows, ruleSeed)
      }
      let parts = SplitRule.heldOut(rows, of: train.examples.count, seed: seed)
      guard !parts.rest.isEmpty else { throw TaskError.noRows(path: trainPath) }
      self.init(
        train: parts.rest.map { train.examples[$0] },
        validation: parts.held.map { train.examples[$0] },
        test: dev.examples, skippedRows: skippedRows)
    }
  }

  /// The rows for the final figure alone.
  ///
  /// - Throws: `TaskError.dataNotFound`, `.badRow` or `.noRows`; `FormatError` if a file cannot
  ///   be read.
  public static func test(
    _ definition: TaskDefinition, in location: DataLocation
  ) throws -> [Example] {
    let names: [String]
    if case .files(_, let test) = definition.split {
      names = [test]
    } else {
      names = DataLocation.devNames
    }
    let dev = try read(location.require(names, task: definition.name), definition)
    guard case .halvedDev(let seed) = definition.split else { return dev }
    return SplitRule.halves(of: dev.count, seed: seed).test.map { dev[$0] }
  }

  /// All rows of one labelled file: TSV with a header, `text<TAB>label` without, or JSONL.
  ///
  /// - Throws: `TaskError.badRow` or `.noRows`; `FormatError` if the file cannot be read.
  public static func read(_ path: String, _ definition: TaskDefinition) throws -> [Example] {
    try LabelledFile(path, definition).examples
  }
}
