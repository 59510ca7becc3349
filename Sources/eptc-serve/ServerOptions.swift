import ArgumentParser
import EPTCommandLine
import EPTInfer
import EPTServe
import EPTTask
import Logging

/// What the server serves, where, and within which bounds.
struct ServerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder of tuned tasks. (default: none, so that there are embeddings alone)",
      valueName: "folder"))
  var prompts: String?

  @Option(help: "The name or address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "The port to listen on; 0 for one that the system chooses.")
  var port = 8080

  @Option(
    help: ArgumentHelp("A Unix socket to listen on, in place of a port.", valueName: "path"))
  var socket: String?

  @Option(
    help: ArgumentHelp(
      "A file whose first line is the bearer token that requests must bring; /health needs none.",
      valueName: "file"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "How long a text waits for others to share its batch, in milliseconds.", valueName: "ms"))
  var maxWait = 2

  @Option(help: "At most this many texts are answered together.")
  var batch = 64

  @Option(
    help: ArgumentHelp(
      "At most this many texts wait; a request beyond them gets status 429.", valueName: "texts"))
  var queue = 1024

  @Option(help: ArgumentHelp("The most texts of one request.", valueName: "texts"))
  var maxTexts = 256

  @Option(help: ArgumentHelp("The most bytes of a request's body.", valueName: "bytes"))
  var maxBody = 1 << 20

  @Option(help: "The most connections at a time; further ones wait.")
  var maxConnections = 512

  @Option(
    help: ArgumentHelp(
      "How long a client may take to send a request, to take its answer, and between two requests.",
      valueName: "seconds"))
  var timeout = 60

  @Option(
    help: ArgumentHelp("How long requests may take to end after SIGTERM.", valueName: "seconds"))
  var drain = 30

  @Option(help: "What is written to standard error: debug, info, warning or error.")
  var logLevel: Logger.Level = .info

  func validate() throws {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
      guard range.contains(value) else {
        throw ValidationError("\(name) must be from \(range.lowerBound) to \(range.upperBound).")
      }
    }
    try check("--port", port, 0...65_535)
    try check("--max-wait", maxWait, 0...10_000)
    try check("--batch", batch, 1...4096)
    try check("--queue", queue, 1...1_000_000)
    try check("--max-texts", maxTexts, 1...100_000)
    try check("--max-body", maxBody, 1024...1 << 30)
    try check("--max-connections", maxConnections, 1...100_000)
    try check("--timeout", timeout, 1...86_400)
    try check("--drain", drain, 0...86_400)
    guard maxTexts <= queue else {
      throw ValidationError("--max-texts \(maxTexts) is more than --queue \(queue) holds.")
    }
  }

  var settings: ServeSettings {
    var settings = ServeSettings()
    settings.address = socket.map { .socket(path: $0) } ?? .network(host: host, port: port)
    settings.longestWait = maxWait
    settings.batch = batch
    settings.queue = queue
    settings.textsPerRequest = maxTexts
    settings.bodyLimit = maxBody
    settings.connections = maxConnections
    settings.timeout = timeout
    settings.drain = drain
    return settings
  }

  /// Writes to standard error.
  var logger: Logger {
    var logger = Logger(label: "eptc", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = logLevel
    return logger
  }

  /// Whether others than this machine's users may ask, without a token.
  var isOpen: Bool {
    let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
    return socket == nil && tokenFile == nil && !isLoopback
  }

  /// Loads the backbone that the bundles fit.
  func backbone(_ options: BackboneOptions) throws -> LoadedBackbone {
    // A folder without bundles is no fault: they may come later.
    let bundles = prompts.flatMap { try? PromptSource(files: [], folder: $0).read() }
    return try LoadedBackbone(
      path: options.path(for: bundles?.backbones ?? []), threads: options.threadCount,
      precision: options.precision)
  }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
