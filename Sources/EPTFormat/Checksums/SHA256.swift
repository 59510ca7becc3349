import CNettle

/// The 32 bytes that SHA-256 (FIPS 180-4) makes of a message.
public struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
  /// Bytes of a digest.
  public static let byteCount = 32

  /// The digest, 32 bytes.
  public let bytes: [UInt8]

  /// Takes over `bytes`; nil unless there are 32.
  public init?(bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Reads 64 hexadecimal digits; nil where `hex` is anything else.
  public init?(hex: String) {
    let digits = hex.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == 2 * Self.byteCount, hex.utf8.count == digits.count else { return nil }
    bytes = (0..<Self.byteCount).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
  }

  fileprivate init(finishing context: inout sha256_ctx) {
    bytes = [UInt8](unsafeUninitializedCapacity: Self.byteCount) { output, initialized in
      nettle_sha256_digest(&context, Self.byteCount, output.baseAddress)
      initialized = Self.byteCount
    }
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  public var description: String { hex }
}

/// SHA-256 of a message that arrives in parts.
///
/// Nettle picks the processor's SHA instructions where it has them.
public struct SHA256 {
  private var context = sha256_ctx()

  /// Begins an empty message.
  public init() {
    nettle_sha256_init(&context)
  }

  /// Appends `bytes` to the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let address = bytes.baseAddress else { return }
    nettle_sha256_update(&context, bytes.count, address.assumingMemoryBound(to: UInt8.self))
  }

  /// Appends `bytes` to the message.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Ends the message, gives its digest and begins an empty one.
  public mutating func finish() -> SHA256Digest {
    SHA256Digest(finishing: &context)
  }

  /// The digest of one whole message.
  public static func digest(of bytes: UnsafeRawBufferPointer) -> SHA256Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  /// The digest of one whole message.
  public static func digest(of bytes: [UInt8]) -> SHA256Digest {
    bytes.withUnsafeBytes { digest(of: $0) }
  }
}
