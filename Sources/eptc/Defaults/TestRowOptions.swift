import ArgumentParser
import EPTSystem
import EPTTask

/// Which rows a tuned task is scored on.
struct TestRowOptions: ParsableArguments {
  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      """
      Score all rows of this file instead, - for standard input; its columns are called as those of \
      the training rows.
      """, valueName: "file"))
  var test: String?

  @OptionGroup var files: RowFileOptions

  @Option(
    help: """
      What to do about a row of --test whose label the task does not know: stop, or wrong (count every \
      answer to it as an error).
      """)
  var unknownLabels: UnknownLabels = .stop

  enum UnknownLabels: String, CaseIterable, ExpressibleByArgument {
    case stop, wrong
  }

  /// The files that the rows for `bundle` may come from: no output may be one of them.
  func inputs(of bundle: TaskBundle) -> [String] {
    if let test { return [test] }
    let names = bundle.training.files.map(\.name)
    guard names.isEmpty else {
      let folders = [data.data ?? DataOptions.environment["EPT_DATA"], ".", "data"]
      return folders.compactMap { $0 }.flatMap { folder in names.map { "\(folder)/\($0)" } }
    }
    guard let folder = try? data.location(of: bundle.task).folder else { return [] }
    return ((try? FolderListing.names(in: folder)) ?? []).map { "\(folder)/\($0)" }
  }

  /// The rows for `bundle`, which stands at `path`; warns of a file that tuning has seen.
  ///
  /// - Throws: `TaskError`; `DataError` if a file cannot be read.
  func rows(of bundle: TaskBundle, path: String) throws -> TestRows {
    guard let test else {
      return try TestRows(
        of: bundle, path: path, data: data.data,
        environment: DataOptions.environment)
    }
    let rows = try TestRows(
      path: test, bundle.task, files.reading, countingUnknown: unknownLabels == .wrong)
    switch rows.file.flatMap({ bundle.training.use(of: $0) }) {
    case .train?:
      report("warning: \(test) is the file that \(path) was trained on; the figure is too good")
    case .dev?:
      report(
        "warning: rows of \(test) chose the step that \(path) keeps; the figure is too good")
    case .test?, nil: break
    }
    if !rows.unknownLabels.isEmpty {
      let shown = rows.unknownLabels.prefix(5).joined(separator: ", ")
      report(
        "\(rows.unknownLabels.count) label\(rows.unknownLabels.count == 1 ? "" : "s") of \(test) "
          + "that the task does not know (\(shown)) count as errors")
    }
    return rows
  }
}
