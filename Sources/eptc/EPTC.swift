import ArgumentParser
import EPTFormat
import Glibc

@main
struct EPTC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eptc",
    abstract: "One frozen language model, a tiny prompt file per task.",
    discussion: """
      eptc convert model.safetensors
      eptc tune --task sst2
      echo "a gripping film" | eptc infer --prompt sst2.eptb

      Results go to standard output, everything else to standard error.

      \(ExitStatus.explanation)
      """,
    version: "0.1.0",
    subcommands: [
      ConvertCommand.self, TuneCommand.self, InferCommand.self, EvaluateCommand.self,
      InspectCommand.self, TasksCommand.self, FoldCommand.self,
      ExportCommand.self, ReportCommand.self,
    ])

  /// Runs the command line; errors of the rooms become one line and their exit status.
  static func main() {
    // A reader that goes away shows as an error where it is met, not as a signal.
    signal(SIGPIPE, SIG_IGN)
    MappingFaults.report(prefix: "eptc: ", status: ExitStatus.inputOutput.rawValue)
    do {
      if let slip = CommandSlip(CommandLine.arguments) { throw slip }
      var command = try parseAsRoot()
      try command.run()
    } catch let slip as CommandSlip {
      report("\(slip)")
      Glibc.exit(ExitStatus.usage.rawValue)
    } catch {
      guard let status = ExitStatus(error) else {
        guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
        let command = CommandLine.arguments.dropFirst().first
        let type = configuration.subcommands.first { $0.configuration.commandName == command }
        let flags = type.map { helpMessage(for: $0) } ?? ""
        report(UsageAdvice(message(for: error), CommandLine.arguments, help: flags).line)
        Glibc.exit(ExitStatus.usage.rawValue)
      }
      report(explained(error))
      Glibc.exit(status.rawValue)
    }
  }
}
