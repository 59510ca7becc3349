import ArgumentParser
import EPTCommandLine
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
      ConvertCommand.self, TuneCommand.self, InferCommand.self, EmbedCommand.self,
      EvaluateCommand.self, QualifyCommand.self,
      InspectCommand.self, TasksCommand.self, FoldCommand.self,
      ExportCommand.self, ReportCommand.self, ServeCommand.self,
    ])

  /// Runs the command line; errors of the rooms become one line and their exit status.
  static func main() {
    ProcessStart.prepare()
    do {
      let arguments = CommandLineText.arguments
      if let slip = CommandSlip(arguments) { throw slip }
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      end(with: error)
    }
  }

  private static func end(with error: any Error) -> Never {
    if let status = error is CommandSlip ? .usage : ExitStatus(error) {
      // `eptc inspect | head` needs no message.
      if error as? CommandError != .closedOutput { report(FlagNames.message(error)) }
      Glibc.exit(status.rawValue)
    }
    let code = exitCode(for: error)
    if code == .validationFailure {
      report(advice(on: message(for: error)))
      Glibc.exit(ExitStatus.usage.rawValue)
    }
    guard code == .success else { exit(withError: error) }
    // Help and version go to standard output, which may be full as well.
    do {
      try StandardOutput.print(fullMessage(for: error))
    } catch {
      end(with: error)
    }
    Glibc.exit(code.rawValue)
  }

  /// What the parser says of the command line, in one line.
  private static func advice(on message: String) -> String {
    let arguments = CommandLineText.arguments
    let type = configuration.subcommands.first {
      $0.configuration.commandName == arguments.first
    }
    return UsageAdvice(message, arguments, help: type.map { helpMessage(for: $0) } ?? "").line
  }
}
