import EPTData
import EPTSystem

/// Rows to score a bundle on.
public struct TestRows: Sendable {
  /// The rows.
  public let examples: [Example]
  /// Labels that the task does not know, whose rows count as errors.
  public let unknownLabels: [String]
  /// The file that they are from, if one was named.
  public let file: LabelledFile?

  /// All rows of the file at `path`.
  ///
  /// - Parameters:
  ///   - path: The file, `-` for standard input.
  ///   - definition: The task.
  ///   - reading: What is known of the file.
  ///   - countingUnknown: Whether a label that the task does not know makes its row an error of the
  ///     answer, and not of the file.
  /// - Throws: `TaskError.badRow` or `.noRows`; `DataError` if the file cannot be read.
  public init(
    path: String, _ definition: TaskDefinition, _ reading: ReadingOptions = ReadingOptions(),
    countingUnknown: Bool = false
  ) throws {
    let file = try LabelledFile(path, definition, reading)
    self.file = file
    if countingUnknown {
      (examples, unknownLabels) = try file.examplesWithUnknown(of: definition)
    } else {
      (examples, unknownLabels) = (try file.examples(of: definition), [])
    }
  }

  /// The test rows of `bundle`, by its own rule.
  ///
  /// For a task found in the user's files, these files are found by their names in `data`, else
  /// in `EPT_DATA`, in the current folder and in `./data`. Their bytes must be the same.
  ///
  /// - Throws: `TaskError.dataNotFound`, `.dataGone`, `.changedData`, `.badRow` or `.noRows`; `DataError` if a file
  ///   cannot be read.
  public init(
    of bundle: TaskBundle, path: String, data: String?, environment: [String: String]
  ) throws {
    unknownLabels = []
    file = nil
    let (definition, files) = (bundle.task, bundle.training.files)
    guard !files.isEmpty else {
      let location = try DataLocation.find(definition, data: data, environment: environment)
      examples = try Self.official(definition, in: location)
      return
    }
    let folders =
      [data ?? environment["EPT_DATA"].flatMap { $0.isEmpty ? nil : $0 }].compactMap { $0 }
    let places = folders.isEmpty ? [".", "data"] : folders
    func read(_ role: DataFileRecord.Role) throws -> LabelledFile? {
      guard let record = files.first(where: { $0.role == role }) else { return nil }
      guard record.name != "-" else { throw TaskError.dataGone(task: definition.name) }
      let paths = places.map { $0 == "." ? record.name : "\($0)/\(record.name)" }
      guard let found = paths.first(where: { FileStatus($0) != nil }) else {
        throw TaskError.dataNotFound(task: definition.name, lookedFor: paths)
      }
      let file = try LabelledFile(found, definition, record.reading)
      guard file.digest == record.digest else {
        throw TaskError.changedData(path: found, bundle: path)
      }
      return file
    }
    if let test = try read(.test) {
      examples = try test.examples(of: definition)
    } else if let dev = try read(.dev) {
      examples = try Self.testRows(of: dev.examples(of: definition), definition.split)
    } else {
      // The rows of train alone: the same split gives the same tenth.
      guard let train = try read(.train) else {
        throw TaskError.dataNotFound(task: definition.name, lookedFor: files.map(\.name))
      }
      examples = try Dataset(definition, train: train, dev: nil).test
    }
  }

  /// The rows for the final figure among an official set's.
  static func official(
    _ definition: TaskDefinition, in location: DataLocation
  ) throws -> [Example] {
    let names: [String]
    if case .files(_, let test) = definition.split {
      names = [test]
    } else {
      names = DataLocation.devNames
    }
    let dev = try Dataset.read(location.require(names, task: definition.name), definition)
    return testRows(of: dev, definition.split)
  }

  /// The test rows among development rows.
  private static func testRows(of dev: [Example], _ rule: SplitRule) -> [Example] {
    switch rule {
    case .halvedDev(let seed):
      SplitRule.halves(of: dev.count, seed: seed).test.map { dev[$0] }
    case .stratifiedHalves(let seed):
      StratifiedSplit.halves(of: dev.map(\.label), seed: seed).second.map { dev[$0] }
    case .heldOutTrain, .files, .stratifiedHeldOut, .stratifiedTenths: dev
    }
  }
}

extension TrainingRecord {
  /// What tuning used `file` for, nil if it did not see it.
  public func use(of file: LabelledFile) -> DataFileRecord.Role? {
    files.first { $0.digest == file.digest }?.role
  }
}
