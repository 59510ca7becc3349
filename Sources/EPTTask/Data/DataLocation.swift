import EPTSystem

/// Where a task's files are.
public struct DataLocation: Sendable, Equatable {
  /// The set's own folder.
  public let folder: String

  /// Finds the folder of `definition`'s files.
  ///
  /// `data` (from `--data`), else the environment's `EPT_DATA`, else `./data` is the set's own
  /// folder or one that holds it under one of its names.
  ///
  /// - Throws: `TaskError.dataNotFound`, listing the files looked for.
  public static func find(
    _ definition: TaskDefinition, data: String?, environment: [String: String]
  ) throws -> DataLocation {
    let given = data ?? environment["EPT_DATA"].flatMap { $0.isEmpty ? nil : $0 } ?? "data"
    let root = given.count > 1 && given.last == "/" ? String(given.dropLast()) : given
    let names = definition.source.folders + [definition.name]
    let folders = names.map { "\(root)/\($0)" } + [root]
    for folder in folders where file(["train"] + devNames, in: folder) != nil {
      return DataLocation(folder: folder)
    }
    let lookedFor = folders.map { "\($0)/train.tsv or .jsonl" }
    throw TaskError.dataNotFound(
      task: definition.name, lookedFor: lookedFor.uniqued())
  }

  /// The file called one of `names`, with any extension that data files have.
  ///
  /// - Throws: `TaskError.dataNotFound`.
  func require(_ names: [String], task: String) throws -> String {
    if let path = Self.file(names, in: folder) { return path }
    throw TaskError.dataNotFound(
      task: task,
      lookedFor: names.map { "\(folder)/\($0).tsv or .jsonl" })
  }

  /// The names that GLUE and SuperGLUE give the development rows, without extension.
  static let devNames = ["dev", "val", "dev_matched"]
  /// Those of official sets, and of other files of rows; each may be compressed.
  private static let extensions = ["tsv", "jsonl", "csv", "ndjson", "json"]
  private static let compressions = ["", ".gz", ".zst"]

  private static func file(_ names: [String], in folder: String) -> String? {
    names.lazy.flatMap { name in
      extensions.flatMap { kind in compressions.map { "\(folder)/\(name).\(kind)\($0)" } }
    }.first { FileStatus($0) != nil }
  }
}

extension Array where Element: Hashable {
  /// The elements without repetitions, in order of first appearance.
  fileprivate func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
