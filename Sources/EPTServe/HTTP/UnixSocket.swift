import EPTSystem
import Glibc

/// The file of a Unix socket.
enum UnixSocket {
  /// Refuses a path where another server listens; one that nobody listens on may be replaced.
  ///
  /// - Throws: `ServeError.address`.
  static func requireUnused(_ path: String) throws(ServeError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = PathBytes.bytes(path)
    let isShort = withUnsafeMutableBytes(of: &address.sun_path) { place in
      guard bytes.count < place.count else { return false }
      place.copyBytes(from: bytes)
      return true
    }
    guard isShort else {
      throw .address(name: path, reason: "the path of a socket has at most 107 bytes")
    }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if status == 0 { throw .address(name: path, reason: "another server listens there") }
  }

  /// Removes the file, if it is a socket.
  static func remove(_ path: String) {
    if FileStatus(path)?.kind == .other { _ = path.withPath { unlink($0) } }
  }
}
