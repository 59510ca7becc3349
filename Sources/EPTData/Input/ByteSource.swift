import EPTFormat
import Glibc

/// The bytes of an input, decompressed where its first ones say gzip or zstd.
///
/// Memory is bounded whatever the input holds: one chunk as read and one decompressed.
final class ByteSource {
  /// What messages call the input.
  let name: String
  private let descriptor: Int32
  private let ownsDescriptor: Bool
  private let position: InputPosition
  private var decompressor: (any Decompressor)?
  private var isRecognized = false
  private var isAtEnd = false
  /// Bytes as read; `pending` of them have not been returned.
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)
  private var pending = 0..<0
  /// Of all bytes as read; nil where nobody asks for it.
  private var hash: SHA256?
  /// SHA-256 of the file, in hexadecimal, once its end has been read.
  private(set) var digest: String?

  /// Reads from `descriptor`, and closes it at last with `closing`; `position` follows.
  init(
    descriptor: Int32, name: String, closing: Bool = false,
    position: InputPosition = InputPosition(), hashing: Bool = false
  ) {
    self.descriptor = descriptor
    self.name = name
    ownsDescriptor = closing
    self.position = position
    hash = hashing ? SHA256() : nil
  }

  deinit {
    if ownsDescriptor { close(descriptor) }
  }

  /// Whether `read` would hand something on, or the end, without waiting for anyone.
  func isReady() throws -> Bool {
    if isAtEnd || !pending.isEmpty || decompressor?.hasMore == true { return true }
    return try wait(milliseconds: 0)
  }

  /// Appends some bytes to `buffer`, waiting for them; false at the end of the input.
  ///
  /// - Throws: `DataError.input`, or `.compressed` for gzip or zstd data that is cut or corrupt.
  func read(into buffer: inout [UInt8]) throws -> Bool {
    if !isRecognized { try recognize() }
    guard let decompressor else {
      if pending.isEmpty, try !fill() { return false }
      buffer += chunk[pending]
      pending = pending.upperBound..<pending.upperBound
      return true
    }
    let before = buffer.count
    while buffer.count == before {
      if pending.isEmpty, !decompressor.hasMore, try !fill() {
        guard decompressor.isComplete else {
          throw DataError.compressed(input: name, reason: "it ends within its compressed data")
        }
        return false
      }
      let used = try chunk.withUnsafeBytes {
        try decompressor.decompress(
          UnsafeRawBufferPointer(rebasing: $0[pending]), appendingTo: &buffer)
      }
      pending = pending.lowerBound + used..<pending.upperBound
    }
    return true
  }

  /// Chooses a decompressor by the first bytes; waits only while these may still become a magic
  /// number.
  private func recognize() throws {
    isRecognized = true
    var isUndecided = true
    while isUndecided, try fill(keeping: true) {
      let start = chunk[pending]
      if let format = CompressedFormat.allCases.first(where: { start.starts(with: $0.magic) }) {
        decompressor = try format.decompressor(input: name)
      }
      isUndecided =
        decompressor == nil && CompressedFormat.allCases.contains { $0.magic.starts(with: start) }
    }
  }

  /// Replaces the chunk by the next bytes of the input, or with `keeping` adds them to what is
  /// pending; false at the end.
  private func fill(keeping: Bool = false) throws -> Bool {
    let start = keeping ? pending.upperBound : 0
    while !isAtEnd {
      let count = chunk.withUnsafeMutableBytes { bytes in
        let room = bytes[start...]
        return Glibc.read(descriptor, bytes.baseAddress.map { $0 + start }, room.count)
      }
      if count > 0 {
        pending = (keeping ? pending.lowerBound : 0)..<start + count
        position.advance(by: count)
        chunk.withUnsafeBytes {
          hash?.update(UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
        }
        return true
      }
      if count == 0 {
        isAtEnd = true
        digest = hash?.finish().hex
      } else if errno == EAGAIN {
        // Someone else made the descriptor non-blocking.
        _ = try wait(milliseconds: -1)
      } else if errno != EINTR {
        throw failure()
      }
    }
    return false
  }

  /// Whether the descriptor has something to read after at most so long; -1 waits for ever.
  private func wait(milliseconds: Int32) throws -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let ready = poll(&request, 1, milliseconds)
    if ready < 0, errno != EINTR { throw failure() }
    return ready > 0
  }

  private func failure() -> DataError {
    .input(name: name, reason: String(cString: strerror(errno)))
  }
}
