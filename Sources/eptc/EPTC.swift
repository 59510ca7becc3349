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
    version: BuildDescription.version,
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
      if let empty = EmptyArgument(arguments) { throw empty }
      if let slip = CommandSlip(arguments) { throw slip }
      var command = try NegativeValues.allowing(arguments, message: message(for:)) {
        try parseAsRoot($0)
      }
      try command.run()
    } catch {
      end(with: error)
    }
  }

  private static func end(with error: any Error) -> Never {
    if let status = error is CommandSlip || error is EmptyArgument ? .usage : ExitStatus(error) {
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
      let message = fullMessage(for: error)
      let isVersion = message == BuildDescription.version
      try StandardOutput.print(isVersion ? BuildDescription.text(program: "eptc") : message)
    } catch {
      end(with: error)
    }
    Glibc.exit(code.rawValue)
  }

  /// What the parser says of the command line, in one line.
  private static func advice(on message: String) -> String {
    let arguments = CommandLineText.arguments
    var command: any ParsableCommand.Type = self
    var path = "help"
    for word in arguments {
      guard
        let next = command.configuration.subcommands.first(where: {
          $0.configuration.commandName == word
        })
      else { break }
      command = next
      path += " " + word
    }
    // The root's help names no flags of commands.
    let help = path == "help" ? "" : helpMessage(for: command)
    return UsageAdvice(message, arguments, command: "eptc \(path)", help: help).line
  }
}
