import CZlib
import CZstd

/// How an input may be compressed, told by its first bytes.
enum CompressedFormat: CaseIterable {
  case gzip, zstd

  var magic: [UInt8] {
    switch self {
    case .gzip: [0x1F, 0x8B]
    case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
    }
  }

  /// A decompressor at the beginning of `input`.
  ///
  /// - Throws: `DataError.compressed` where there is no memory for it.
  func decompressor(input: String) throws -> any Decompressor {
    switch self {
    case .gzip: try GzipDecompressor(input: input)
    case .zstd: try ZstdDecompressor(input: input)
    }
  }
}

/// Decompresses a stream piece by piece.
protocol Decompressor: AnyObject {
  /// Whether output is left that needs no further input.
  var hasMore: Bool { get }
  /// Whether the stream may end here.
  var isComplete: Bool { get }

  /// Appends what the next bytes of the stream stand for, a bounded piece at a time; gives how
  /// many of them were used.
  ///
  /// - Throws: `DataError.compressed`.
  func decompress(_ bytes: UnsafeRawBufferPointer, appendingTo buffer: inout [UInt8]) throws -> Int
}

/// Most bytes that one call of a decompressor appends.
private let outputLimit = 1 << 16

/// gzip (RFC 1952), of one member or several one after another.
final class GzipDecompressor: Decompressor {
  private let input: String
  private var stream = z_stream()
  private(set) var hasMore = false
  private(set) var isComplete = true

  init(input: String) throws {
    self.input = input
    // 15: the largest window; 16: gzip's header and checksum.
    guard
      inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw DataError.compressed(input: input, reason: "zlib cannot be set up") }
  }

  deinit {
    inflateEnd(&stream)
  }

  func decompress(_ bytes: UnsafeRawBufferPointer, appendingTo buffer: inout [UInt8]) throws -> Int
  {
    if isComplete {
      guard !bytes.isEmpty else { return 0 }
      // A further member, or the first one.
      inflateReset(&stream)
      isComplete = false
    }
    var status = Z_OK
    let piece = [UInt8](unsafeUninitializedCapacity: outputLimit) { output, count in
      stream.next_in = UnsafeMutablePointer(
        mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
      stream.avail_in = UInt32(bytes.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      status = inflate(&stream, Z_NO_FLUSH)
      count = output.count - Int(stream.avail_out)
    }
    let used = bytes.count - Int(stream.avail_in)
    buffer += piece
    switch status {
    case Z_STREAM_END:
      isComplete = true
      hasMore = false
    case Z_OK, Z_BUF_ERROR:
      hasMore = stream.avail_out == 0
    default:
      let reason = stream.msg.map { String(cString: $0) } ?? "status \(status)"
      throw DataError.compressed(input: input, reason: "its gzip data is corrupt (\(reason))")
    }
    return used
  }
}

/// Zstandard (RFC 8878), of one frame or several one after another.
final class ZstdDecompressor: Decompressor {
  private let input: String
  private let context: OpaquePointer
  private(set) var hasMore = false
  private(set) var isComplete = true

  init(input: String) throws {
    self.input = input
    guard let context = ZSTD_createDCtx() else {
      throw DataError.compressed(input: input, reason: "zstd cannot be set up")
    }
    self.context = context
  }

  deinit {
    ZSTD_freeDCtx(context)
  }

  func decompress(_ bytes: UnsafeRawBufferPointer, appendingTo buffer: inout [UInt8]) throws -> Int
  {
    var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    var status = 0
    let piece = [UInt8](unsafeUninitializedCapacity: outputLimit) { output, count in
      var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
      status = ZSTD_decompressStream(context, &target, &source)
      count = target.pos
    }
    guard ZSTD_isError(status) == 0 else {
      let reason = String(cString: ZSTD_getErrorName(status))
      throw DataError.compressed(input: input, reason: "its zstd data is corrupt (\(reason))")
    }
    buffer += piece
    // 0: a frame is complete and all of it has been handed out.
    isComplete = status == 0
    hasMore = status != 0 && piece.count == outputLimit
    return source.pos
  }
}
