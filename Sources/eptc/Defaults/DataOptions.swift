import ArgumentParser
import EPTTask

/// Where a task's official files are.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The set's folder, or one that holds it, in the official GLUE or SuperGLUE layout. \
      (default: $EPT_DATA, else ./data)
      """, valueName: "folder"))
  var data: String?

  /// The folder of `task`'s files.
  ///
  /// - Throws: `TaskError.dataNotFound`.
  func location(of task: TaskDefinition) throws -> DataLocation {
    try DataLocation.find(task, data: data, environment: Self.environment)
  }

  /// The variables that name folders of data.
  static var environment: [String: String] {
    CommandLineText.variable("EPT_DATA").map { ["EPT_DATA": $0] } ?? [:]
  }
}
