import ArgumentParser
import EPTCommandLine
import EPTFormat
import EPTInfer
import EPTSystem
import EPTTask

/// Many tasks, tuned one after another, and one table of what came of them.
struct TuneManifest {
  /// More is no list of tasks.
  private static let sizeLimit = 64 << 20

  private let path: String
  private let tasks: [ManifestTask]
  private let common: [String]

  /// Reads the file at `path`; `common` are flags for all tasks, `part` those that this process tunes.
  ///
  /// - Throws: `CommandError.badManifest`, `SystemError`.
  init(path: String, common: [String], part: Shard?) throws {
    self.path = path
    self.common = common
    let file = try MappedFile(reading: path, limit: Self.sizeLimit)
    var tasks: [ManifestTask] = []
    var place = 0
    let lines = file.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where line.contains(where: { $0 > 0x20 }) {
      defer { place += 1 }
      do {
        let task = try withExtendedLifetime(file) {
          try ManifestTask(JSON(parsing: UnsafeRawBufferPointer(rebasing: line)))
        }
        if part?.holds(place) ?? true { tasks.append(task) }
      } catch let fault as ManifestTask.Fault {
        throw CommandError.badManifest(path: path, line: index + 1, reason: fault.reason)
      } catch let error as JSONError {
        throw CommandError.badManifest(path: path, line: index + 1, reason: "not JSON: \(error)")
      }
    }
    self.tasks = tasks
  }

  /// What came of one task.
  private enum Outcome: String {
    case tuned
    /// The bundle was there.
    case kept
    /// Another process tunes it now.
    case busy
    case failed
  }

  /// Tunes all tasks, and prints the table.
  ///
  /// One that fails does not stop the others.
  ///
  /// - Throws: `ExitCode` where one failed or the user stopped.
  func run(isQuiet: Bool) throws {
    var rows = [["bundle", "outcome", "step", "validation", "test"]]
    var code: ExitCode?
    for (index, task) in tasks.enumerated() {
      if !isQuiet { report("task \(index + 1) of \(tasks.count): \(task.output)") }
      do {
        rows.append(row(task, try tune(task)))
      } catch let stop as ExitCode {
        // Interrupted, with the best so far in the bundle.
        rows.append(row(task, .tuned))
        code = stop
        break
      } catch {
        report("\(task.output): \(message(error, task))")
        rows.append(row(task, .failed))
        code = .failure
      }
    }
    try StandardOutput.print(TextTable(rows, numbers: [2]).text)
    if let code { throw code }
  }

  private func tune(_ task: ManifestTask) throws -> Outcome {
    let arguments = common + task.arguments + ["--output=\(task.output)"]
    let command = try NegativeValues.allowing(arguments, message: TuneCommand.message(for:)) {
      try TuneCommand.parse($0)
    }
    if !command.force, !command.resume, FileStatus(task.output) != nil { return .kept }
    do {
      try command.tune(printsResult: false, sparing: [path])
      return .tuned
    } catch SystemError.outputInUse {
      return .busy
    }
  }

  /// The table's row, with the figures that the bundle has.
  private func row(_ task: ManifestTask, _ outcome: Outcome) -> [String] {
    let isThere = outcome == .tuned || outcome == .kept
    let record = isThere ? try? TaskBundle(path: task.output).training : nil
    return [
      task.output, outcome.rawValue, record.map { "\($0.bestStep)" } ?? "",
      record?.validation?.description ?? "", record?.test?.description ?? "",
    ]
  }

  private func message(_ error: any Error, _ task: ManifestTask) -> String {
    if ExitStatus(error) != nil { return FlagNames.message(error) }
    return UsageAdvice(
      TuneCommand.message(for: error), ["tune"] + common + task.arguments,
      command: "eptc help tune", help: EPTC.helpMessage(for: TuneCommand.self)
    ).line
  }
}
