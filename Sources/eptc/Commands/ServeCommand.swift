import ArgumentParser
import EPTSystem
import Glibc

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer over HTTP: classification and embeddings for programs.",
    discussion: """
      Runs `eptc-serve`, an executable of its own that lies beside this one, with the same arguments. \
      `eptc serve --help` prints its flags. docs/how-to/serve.md tells the rest.
      """)

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("What `eptc-serve` is given.", valueName: "arguments"))
  var arguments: [String] = []

  func run() throws {
    try ServerExecutable.run()
  }
}

/// The server's executable, which lies beside this one.
private enum ServerExecutable {
  private static let name = "eptc-serve"

  /// Becomes the server, with the arguments after the command's name; returns only by an error.
  ///
  /// - Throws: `CommandError.noServer`.
  static func run() throws {
    let path = folder + "/" + name
    // Until the server takes it for a wish, SIGHUP means nothing.
    signal(SIGHUP, SIG_IGN)
    // The arguments themselves, byte by byte as they were given.
    var arguments = (2..<max(2, Int(CommandLine.argc))).map { CommandLine.unsafeArgv[$0] }
    name.withCString { name in
      arguments = [UnsafeMutablePointer(mutating: name)] + arguments + [nil]
      _ = path.withPath { execv($0, &arguments) }
    }
    throw CommandError.noServer(path: path, reason: systemReason())
  }

  /// Where this executable lies.
  private static var folder: String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink("/proc/self/exe", &bytes, Int(PATH_MAX))
    guard count > 0 else { return "." }
    let path = PathBytes.text(cString: bytes)
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}
