/// How the server works.
public struct ServeSettings: Sendable, Equatable {
  /// Where the server listens.
  public enum Address: Sendable, Equatable {
    /// A name or an address, and a port; 0 for one that the system chooses.
    case network(host: String, port: Int)
    /// The path of a Unix socket.
    case socket(path: String)
  }

  public var address = Address.network(host: "127.0.0.1", port: 8080)
  /// Milliseconds that a text waits for others to share its batch.
  public var longestWait = 2
  /// Most texts that are answered together.
  public var batch = 64
  /// Most tokens and prompt rows that are answered together.
  public var batchRows = 2048
  /// Most texts that wait; a request beyond them is refused.
  public var queue = 1024
  /// Most texts of one request.
  public var textsPerRequest = 256
  /// Most bytes of a request's body.
  public var bodyLimit = 1 << 20
  /// Most bytes of a request's header.
  public var headerLimit = 16 << 10
  /// Most connections at a time; further ones wait to be accepted.
  public var connections = 512
  /// Seconds that a client has to send a request, to take its answer, and between two requests.
  public var timeout = 60
  /// Seconds that requests have to end in once the server is told to.
  public var drain = 30

  public init() {}
}
