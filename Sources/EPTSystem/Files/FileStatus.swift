import Glibc

/// What a path leads to.
///
/// Two are equal if both are the same file, whatever their paths.
package struct FileStatus: Equatable, Sendable {
  package enum Kind: Sendable {
    case file, folder, device, fifo, other
  }

  package let kind: Kind
  private let device: dev_t
  private let node: ino_t
  private let size: off_t
  /// Nanoseconds since 1970 of the last change of its contents, and of what the system knows of it.
  private let changes: [Int]

  /// Looks at `path`; nil where nothing is.
  package init?(_ path: String) {
    var status = stat()
    guard path.withPath({ stat($0, &status) }) == 0 else { return nil }
    self.init(status)
  }

  /// Looks at an open file; nil where `descriptor` is none.
  package init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFCHR, S_IFBLK: .device
      case S_IFIFO: .fifo
      default: .other
      }
    device = status.st_dev
    node = status.st_ino
    size = status.st_size
    changes = [status.st_mtim, status.st_ctim].flatMap { [$0.tv_sec, $0.tv_nsec] }
  }

  /// Whether this is the same file as `before` and its contents have been written since.
  package func isRewritten(since before: FileStatus) -> Bool {
    self == before && (size != before.size || changes[..<2] != before.changes[..<2])
  }

  package var isFolder: Bool { kind == .folder }

  package static func == (first: FileStatus, second: FileStatus) -> Bool {
    first.device == second.device && first.node == second.node
  }
}
