import EPTSystem
import Synchronization

/// The token that requests must bring, if there is one.
final class BearerToken: Sendable {
  private static let most = 4096

  private let path: String?
  private let bytes: Mutex<[UInt8]?>

  /// Reads the token, the first line of the file at `path`; nil for none.
  ///
  /// - Throws: `ServeError.badToken`.
  init(path: String?) throws {
    self.path = path
    bytes = Mutex(try path.map { try Self.read($0) })
  }

  /// Reads it again; one that cannot be used leaves the one before it.
  ///
  /// - Throws: `ServeError.badToken`.
  func reload() throws {
    guard let path else { return }
    let read = try Self.read(path)
    bytes.withLock { $0 = read }
  }

  var isNeeded: Bool { path != nil }

  /// Whether a request with this header `Authorization` may pass.
  ///
  /// The time that it takes does not tell how much of the token is right.
  func admits(_ header: String?) -> Bool {
    guard let token = bytes.withLock({ $0 }) else { return true }
    let words = (header ?? "").utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
    guard words.count == 2, String(words[0])?.lowercased() == "bearer" else { return false }
    let given = Array(words[1])
    var difference = given.count ^ token.count
    for index in token.indices {
      difference |= Int(token[index] ^ (given.isEmpty ? 0 : given[index % given.count]))
    }
    return difference == 0
  }

  private static func read(_ path: String) throws -> [UInt8] {
    func fail(_ reason: String) -> ServeError { .badToken(path: path, reason: reason) }
    let line: [UInt8]
    do {
      line = try MappedFile(reading: path, limit: most).withBytes { bytes in
        Array(bytes.prefix { $0 != 0x0A && $0 != 0x0D })
      }
    } catch {
      throw fail("\(error)")
    }
    guard !line.isEmpty else { throw fail("its first line is empty; write the token there") }
    guard line.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw fail("a token has visible ASCII characters alone, and no blanks")
    }
    return line
  }
}
