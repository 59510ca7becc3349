extension TaskDiscovery {
  /// The definition of a task whose rows a program has in memory, as `find` makes one of a file's.
  ///
  /// - Parameters:
  ///   - name: The task's name.
  ///   - fields: What the texts of a row are called.
  ///   - labels: The classes' words, by class id.
  /// - Returns: The definition.
  /// - Throws: `TaskError.invalidDefinition`.
  public static func definition(
    name: String, fields: [String], labels: [String]
  ) throws -> TaskDefinition {
    let names = fieldNames(fields)
    return try TaskDefinition(
      name: name, fields: names,
      template: names.map { "\($0): {\($0)}" }.joined(separator: " "),
      segments: segments(names), labels: labels.map { TaskDefinition.Label($0) },
      metric: .accuracy, inputLength: inputLength,
      split: .stratifiedTenths(seed: SplitRule.standardSeed),
      source: DataSource(folders: [], columns: fields))
  }
}
