/// The bytes of an input as UTF-8, whatever its encoding, without a byte order mark.
///
/// A byte order mark tells UTF-8 and UTF-16 apart; without one the text is UTF-8, or what `given`
/// says. What is UTF-16 without a mark, or UTF-32, is refused.
final class TextSource {
  /// What messages call the input.
  var name: String { source.name }
  /// The encoding; that of the byte order mark once something has been read.
  private(set) var encoding: TextEncoding?

  private let source: ByteSource
  private let given: TextEncoding?
  private var transcoder: Transcoder?
  /// Bytes that may still become a byte order mark.
  private var start: [UInt8] = []
  private var isFinished = false

  /// Reads from `source`.
  init(_ source: ByteSource, encoding given: TextEncoding? = nil) {
    self.source = source
    self.given = given
  }

  /// SHA-256 of the bytes of the file, once all of it has been read; nil unless it was asked for.
  var digest: String? { source.digest }

  /// Whether `read` would hand something on, or the end, without waiting for anyone.
  func isReady() throws -> Bool { try isFinished || source.isReady() }

  /// Appends some bytes of UTF-8 to `buffer`, waiting for them; false at the end of the input.
  ///
  /// It may append nothing where a piece of a character has come alone.
  ///
  /// - Throws: `DataError.input`; `.compressed` for gzip or zstd data that is cut or corrupt; `.unmarked` or
  ///   `.foreign` for an encoding that is not found out.
  func read(into buffer: inout [UInt8]) throws -> Bool {
    if transcoder != nil, encoding == .utf8 { return try source.read(into: &buffer) }
    guard !isFinished else { return false }
    var bytes: [UInt8] = []
    let hasMore = try source.read(into: &bytes)
    isFinished = !hasMore
    if transcoder == nil {
      start += bytes
      if hasMore, TextEncoding.mayBecomeMark(start) { return true }
      bytes = Array(try begin())
    }
    transcoder?.append(bytes, to: &buffer)
    if isFinished { transcoder?.finish(&buffer) }
    return hasMore
  }

  /// Chooses the encoding; gives the first bytes after the mark.
  private func begin() throws -> ArraySlice<UInt8> {
    defer { start = [] }
    if given == nil, let wide = WideText(start) { throw wide.refusal(of: name) }
    let mark = TextEncoding.marked(start)
    let encoding = mark?.encoding ?? given ?? .utf8
    self.encoding = encoding
    transcoder = Transcoder(encoding)
    return start.dropFirst(mark?.mark ?? 0)
  }
}
