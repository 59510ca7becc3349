import CXXHash

/// The 64 bits that XXH3 (xxHash 0.8, seed 0) makes of a message.
///
/// As fast as memory is read, so that every use of a payload can afford it. It finds damage, not
/// forgery; `SHA256` finds both.
public enum XXH3 {
  /// The checksum of one whole message.
  public static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    XXH3_64bits(bytes.baseAddress, bytes.count)
  }

  /// The checksum of one whole message.
  public static func checksum(of bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { checksum(of: $0) }
  }
}

/// XXH3 of a message that arrives in parts.
final class XXH3Stream {
  private let state: OpaquePointer

  /// Begins an empty message.
  init() {
    // The library gives none only where memory is out, which Swift does not survive either.
    guard let state = XXH3_createState() else { preconditionFailure("out of memory") }
    self.state = state
    reset()
  }

  deinit {
    XXH3_freeState(state)
  }

  /// Begins an empty message.
  func reset() {
    XXH3_64bits_reset(state)
  }

  /// Appends `bytes` to the message.
  func update(_ bytes: UnsafeRawBufferPointer) {
    XXH3_64bits_update(state, bytes.baseAddress, bytes.count)
  }

  /// The checksum of the message so far.
  var checksum: UInt64 { XXH3_64bits_digest(state) }
}
