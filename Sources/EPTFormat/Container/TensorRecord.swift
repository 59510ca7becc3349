/// How a tensor's encoded numbers become the bytes of its payload.
///
/// The raw value is the code on disk.
public enum PayloadCodec: UInt16, Sendable, CaseIterable {
  /// The payload is the encoded numbers: they are used where they are mapped.
  case raw = 0
  /// Floating-point numbers in byte planes, each compressed if that pays (`PlaneLayout`): they are
  /// decoded when the tensor is first used.
  case planes = 1

  /// The name used in listings.
  public var name: String { String(describing: self) }
}

/// What a container's header says of a tensor.
public struct TensorRecord: Sendable, Equatable {
  /// The tensor's name.
  public let name: String
  /// Sizes, outermost first; row-major.
  public let shape: [Int]
  /// How its numbers are encoded.
  public let encoding: TensorEncoding
  /// How the encoded numbers are compressed.
  public internal(set) var codec: PayloadCodec
  /// The payload's bytes in the file.
  public internal(set) var range: Range<Int>
  /// Bytes once the codec is undone.
  public let logicalSize: Int
  /// XXH3 of the payload as stored.
  public internal(set) var checksum: UInt64
  /// SHA-256 of the payload as stored.
  public internal(set) var digest: SHA256Digest

  /// Bytes of the payload as stored.
  public var storedSize: Int { range.count }

  /// How many numbers the tensor holds.
  public var count: Int { shape.reduce(1, *) }
}

/// What a container's header says of a section.
struct SectionRecord {
  let name: String
  var range: Range<Int>
  /// XXH3 of the section.
  var checksum: UInt64
  /// SHA-256 of the section.
  var digest: SHA256Digest
}
