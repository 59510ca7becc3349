import EPTInfer
import EPTSystem
import EPTTask
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Answers over HTTP/1.1 until the process is told to end.
public struct HTTPServer: Sendable {
  /// Connections that the system keeps until they are accepted.
  private static let backlog = 256
  /// Most fields of a request's header.
  private static let mostHeaderFields = 100

  private let settings: ServeSettings
  private let folder: TaskFolder
  private let engine: Engine
  private let handler: RequestHandler
  private let logger: Logger

  /// A server of the bundles in the folder `prompts` on `backbone`; `tokenFile` has the token that requests
  /// must bring, if there is one.
  ///
  /// - Throws: what is wrong with a bundle, the folder or the token.
  public init(
    _ backbone: LoadedBackbone, prompts: String?, tokenFile: String?, settings: ServeSettings,
    logger: Logger
  ) throws {
    self.settings = settings
    self.logger = logger
    let model = InferenceModel(backbone)
    let metrics = ServeMetrics()
    folder = TaskFolder(prompts, on: model)
    try folder.loadAll()
    engine = Engine(model, settings, metrics)
    let token = try BearerToken(path: tokenFile)
    handler = RequestHandler(
      api: try API(
        backbone, model, folder, engine, metrics, settings, needsToken: token.isNeeded),
      token: token)
  }

  /// Serves until SIGTERM or SIGINT comes, and then answers what has been asked; `listening` is told the
  /// address.
  ///
  /// - Throws: `ServeError.address`; `SystemError.noThread`.
  public func run(listening: @escaping @Sendable (String) -> Void) async throws {
    if case .socket(let path) = settings.address { try UnixSocket.requireUnused(path) }
    try engine.start()
    defer { engine.stop() }
    // One thread is enough for the network: it never computes.
    let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let outcome: Result<Void, any Error>
    do {
      try await services(threads, listening: listening).run()
      outcome = .success(())
    } catch is CancellationError {
      logger.warning("some requests had not ended in time")
      outcome = .success(())
    } catch {
      outcome = .failure(named(error))
    }
    if case .socket(let path) = settings.address, case .success = outcome {
      UnixSocket.remove(path)
    }
    try await threads.shutdownGracefully()
    try outcome.get()
  }

  private func services(
    _ threads: MultiThreadedEventLoopGroup, listening: @escaping @Sendable (String) -> Void
  ) -> ServiceGroup {
    let handler = handler
    let address = settings.address
    let channel = HTTP1Channel(
      responder: { request, writer, channel in
        try await handler.respond(to: request, writer, channel)
      },
      configuration: HTTP1Channel.Configuration(
        idleTimeout: .seconds(Int64(settings.timeout)),
        httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
          maxHeaderFieldSize: settings.headerLimit, maxHeaderListSize: settings.headerLimit,
          maxHeaderFieldCount: Self.mostHeaderFields)))
    // What its own server says of each connection is for those who write servers.
    var quiet = logger
    quiet.logLevel = .warning
    let server = channel.server(
      configuration: ServerConfiguration(
        address: Self.bindAddress(address), backlog: Self.backlog,
        availableConnectionsDelegate: MaximumAvailableConnections(settings.connections)),
      onServerRunning: { channel in listening(Self.name(channel, address)) },
      eventLoopGroup: threads, logger: quiet)
    let watch = TaskWatch(
      folder: folder, token: handler.token, metrics: handler.api.metrics, logger: logger)
    var configuration = ServiceGroupConfiguration(
      services: [watch, server], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
    configuration.maximumGracefulShutdownDuration = .seconds(settings.drain)
    return ServiceGroup(configuration: configuration)
  }

  /// The names of the tasks that are served now.
  public var tasks: [String] { folder.tasks.names }

  private static func bindAddress(_ address: ServeSettings.Address) -> BindAddress {
    switch address {
    case .network(let host, let port): .hostname(host, port: port)
    case .socket(let path): .unixDomainSocket(path: path)
    }
  }

  /// The address of `channel` as clients write it.
  private static func name(_ channel: any Channel, _ address: ServeSettings.Address) -> String {
    switch address {
    case .network(let host, let port):
      let port = channel.localAddress?.port ?? port
      let host = channel.localAddress?.ipAddress ?? host
      return host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    case .socket(let path):
      return "unix:\(path)"
    }
  }

  /// The error of a server that could not listen, with the address.
  private func named(_ error: any Error) -> any Error {
    guard
      error is IOError || error is SocketAddressError || error is ChannelError
        || error is NIOConnectionError
    else { return error }
    let name =
      switch settings.address {
      case .network(let host, let port): "\(host):\(port)"
      case .socket(let path): path
      }
    return ServeError.address(name: name, reason: "\(error)")
  }
}
