import EPTFormat
import HTTPTypes
import HummingbirdCore
import NIOCore

/// Turns requests of the network into those of the API, within bounds.
struct RequestHandler: Sendable {
  /// What is thrown to have the connection closed once the answer is written.
  private struct ClosesConnection: Error {}

  /// How much of a body that is not wanted is read to its end, in bodies of the largest size; a client that
  /// is still sending would not see an answer after which the connection is closed.
  private static let mostUnwanted = 4

  let api: API
  let token: BearerToken

  private var settings: ServeSettings { api.settings }

  /// Answers `request`.
  ///
  /// - Throws: to have the connection closed.
  func respond(
    to request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
  ) async throws {
    let start = ContinuousClock.now
    let deadline = Deadline(channel, seconds: settings.timeout)
    defer { deadline.end() }
    var body = RequestBodyReader(request.body, limit: settings.bodyLimit)
    let route = Route(path: request.uri.path)
    var reply: Reply
    var isExpecting = request.headers[.expect]?.lowercased() == "100-continue"
    do {
      let route = try admit(request, route)
      var bytes: [UInt8] = []
      if route.method == "POST" {
        try requireJSON(request)
        if isExpecting {
          try await writer.writeInformationalHead(HTTPResponse(status: .continue))
          isExpecting = false
        }
        bytes = try await body.all()
      }
      deadline.pause()
      reply = await api.reply(to: route, body: bytes)
    } catch let error as ServeError {
      reply = Reply(error, route: route)
    }
    deadline.resume()
    let closes = isExpecting && !body.isAtEnd
    if closes { reply.fields["connection"] = "close" }
    api.metrics.count(
      request: route?.name ?? "other", status: reply.status, took: ContinuousClock.now - start)
    try await write(reply, isHead: request.method == .head, writer)
    guard !closes, try await body.discard(Self.mostUnwanted * settings.bodyLimit) else {
      throw ClosesConnection()
    }
  }

  /// The request's route, if it may be used.
  private func admit(_ request: Request, _ route: Route?) throws(ServeError) -> Route {
    if route != .health, !token.admits(request.headers[.authorization]) { throw .unauthorized }
    guard let route else { throw .noRoute(path: request.uri.path) }
    let method = request.method == .head ? "GET" : request.method.rawValue
    guard method == route.method else { throw .wrongMethod(allowed: route.allowed) }
    return route
  }

  private func requireJSON(_ request: Request) throws(ServeError) {
    let type = (request.headers[.contentType] ?? "").prefix { $0 != ";" }
    guard type.lowercased().filter({ $0 != " " && $0 != "\t" }) == Reply.json else {
      throw .mediaType
    }
    guard request.headers[.contentEncoding] ?? "identity" == "identity" else { throw .mediaType }
    if let length = request.headers[.contentLength].flatMap({ Int($0) }),
      length > settings.bodyLimit
    {
      throw .tooLarge(what: "bytes in a body", limit: settings.bodyLimit)
    }
  }

  private func write(
    _ reply: Reply, isHead: Bool, _ writer: consuming ResponseWriter
  ) async throws {
    let body = ByteBuffer(string: reply.body)
    var head = HTTPResponse(status: HTTPResponse.Status(code: reply.status))
    head.headerFields[.contentType] = reply.contentType
    head.headerFields[.contentLength] = "\(body.readableBytes)"
    head.headerFields[.date] = HTTPDate.now
    for (name, value) in reply.fields {
      if let name = HTTPField.Name(name) { head.headerFields[name] = value }
    }
    if isHead {
      try await writer.writeResponse(head)
    } else {
      try await writer.write(response: head, body: ResponseBody(byteBuffer: body))
    }
  }
}

/// Reads a request's body, as much of it as there may be.
private struct RequestBodyReader {
  private var iterator: RequestBody.AsyncIterator
  private let limit: Int
  private(set) var isAtEnd = false

  init(_ body: RequestBody, limit: Int) {
    iterator = body.makeAsyncIterator()
    self.limit = limit
  }

  /// The whole body.
  ///
  /// - Throws: `ServeError.tooLarge`, with the rest unread; what the network throws.
  mutating func all() async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let part = try await iterator.next() {
      guard part.readableBytes <= limit - bytes.count else {
        throw ServeError.tooLarge(what: "bytes in a body", limit: limit)
      }
      bytes.append(contentsOf: part.readableBytesView)
    }
    isAtEnd = true
    return bytes
  }

  /// Reads the rest for nothing; false if it has more than `most` bytes.
  mutating func discard(_ most: Int) async throws -> Bool {
    var count = 0
    while !isAtEnd {
      guard let part = try await iterator.next() else {
        isAtEnd = true
        break
      }
      count += part.readableBytes
      guard count <= most else { return false }
    }
    return true
  }
}
