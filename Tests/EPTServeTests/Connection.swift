import EPTFormat
import Foundation
import Glibc
import Testing

/// A connection to a server, on which a test says exactly what it wants to.
final class Connection {
  struct Failure: Error {}

  struct Response {
    let status: Int
    /// By lower-case names.
    let fields: [String: String]
    let body: String

    var json: JSON? { try? JSON(parsing: body) }
  }

  private let descriptor: Int32
  private var buffer: [UInt8] = []

  /// Connects to `address`, as the server prints it.
  init(_ address: String) throws {
    let isUnix = address.hasPrefix("unix:")
    descriptor = socket(isUnix ? AF_UNIX : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var status: Int32
    if isUnix {
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: address.utf8.dropFirst(5)) }
      status = withUnsafePointer(to: &name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    } else {
      let port = try #require(address.split(separator: ":").last.flatMap { UInt16($0) })
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      name.sin_addr.s_addr = inet_addr("127.0.0.1")
      status = withUnsafePointer(to: &name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    guard status == 0 else { throw Failure() }
  }

  deinit { close(descriptor) }

  /// Sends `text` as it is; what cannot be sent is lost.
  func send(_ text: String) {
    let bytes = Array(text.utf8)
    var rest = bytes[...]
    while !rest.isEmpty {
      // No SIGPIPE, and none ignored for the process either: other tests' pipelines would inherit that.
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// The next answer; one to HEAD has no body.
  func receive(isHead: Bool = false) throws -> Response {
    let end = Array("\r\n\r\n".utf8)
    while true {
      let text = String(decoding: buffer, as: UTF8.self)
      if text.contains("\r\n\r\n") { break }
      guard fill() else { throw Failure() }
    }
    let place = try #require(
      buffer.indices.first { buffer[$0...].starts(with: end) })
    let lines = String(decoding: buffer[..<place], as: UTF8.self).components(separatedBy: "\r\n")
    buffer.removeFirst(place + 4)
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    let status = try #require(Int(lines[0].split(separator: " ")[1]))
    let length = isHead || status == 100 ? 0 : Int(fields["content-length"] ?? "0") ?? 0
    while buffer.count < length {
      guard fill() else { throw Failure() }
    }
    let body = String(decoding: buffer.prefix(length), as: UTF8.self)
    buffer.removeFirst(length)
    return Response(status: status, fields: fields, body: body)
  }

  /// Whether the server has closed the connection, or does so soon.
  var isClosed: Bool { buffer.isEmpty && !fill() }

  private func fill() -> Bool {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return false }
    buffer += bytes.prefix(count)
    return true
  }

  /// The text of a request.
  static func request(
    _ method: String, _ path: String, _ body: String? = nil, fields: [String: String] = [:]
  ) -> String {
    var fields = fields.merging(["Host": "localhost"]) { first, _ in first }
    if let body {
      fields.merge(
        ["Content-Type": "application/json", "Content-Length": "\(body.utf8.count)"]
      ) { first, _ in first }
    }
    return "\(method) \(path) HTTP/1.1\r\n"
      + fields.map { "\($0.key): \($0.value)\r\n" }.joined() + "\r\n" + (body ?? "")
  }

  /// The answer to a request.
  func ask(
    _ method: String, _ path: String, _ body: String? = nil, fields: [String: String] = [:]
  ) throws -> Response {
    send(Self.request(method, path, body, fields: fields))
    return try receive(isHead: method == "HEAD")
  }
}
