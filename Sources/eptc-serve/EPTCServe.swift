import ArgumentParser
import EPTCommandLine
import EPTServe
import EPTSystem
import EPTTask
import Glibc

@main
struct EPTCServe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eptc serve",
    abstract: "Answer over HTTP: classification and embeddings for programs.",
    discussion: """
      Every .eptb file in the folder of --prompts is a task, called by its file's name. Texts of all \
      requests and tasks that wait at the same time are answered together. SIGHUP reads the folder and the \
      token again, and so does a change of a bundle, within a second; a bundle that cannot be used leaves \
      the one before it at work. SIGTERM answers what has been asked, then ends.

      Standard output gets one line, the address. docs/reference/http.md tells the routes.
      """)

  @OptionGroup var backbone: BackboneOptions
  @OptionGroup var server: ServerOptions

  func run() async throws {
    let settings = server.settings
    let logger = server.logger
    let loaded = try server.backbone(backbone)
    let http = try HTTPServer(
      loaded, prompts: server.prompts, tokenFile: server.tokenFile, settings: settings,
      logger: logger)
    if server.isOpen {
      logger.warning("anyone who reaches \(server.host) may ask; --token-file asks for a token")
    }
    let tasks = http.tasks
    try await http.run { address in
      let count = "\(tasks.count) task\(tasks.count == 1 ? "" : "s")"
      logger.info("\(count) on \(loaded.identity); listening on \(address.printable)")
      ListeningLine.print(address)
    }
    logger.info("ended")
  }

  static func main() async {
    ProcessStart.prepare()
    // Until the server takes it for a wish, SIGHUP means nothing.
    signal(SIGHUP, SIG_IGN)
    do {
      var command = try parseAsRoot(CommandLineText.arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      end(with: error)
    }
  }

  private static func end(with error: any Error) -> Never {
    if let status = status(of: error) {
      report("\(error)")
      Glibc.exit(status.rawValue)
    }
    guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
    report(message(for: error))
    Glibc.exit(ExitStatus.usage.rawValue)
  }

  private static func status(of error: any Error) -> ExitStatus? {
    switch error {
    case ServeError.badToken: .missingInput
    case is ServeError: .failure
    default: ExitStatus(error)
    }
  }
}

/// The line on standard output that tells where the server listens.
private enum ListeningLine {
  static func print(_ address: String) {
    var line = address + "\n"
    line.withUTF8 { bytes in
      // Whoever closed standard output does not want to know.
      _ = write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
    }
  }
}
