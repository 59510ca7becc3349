/// Some of a payload's bytes.
///
/// A payload is its parts' `bytes` one after another, then their `tail`s one after another.
public struct PayloadPart: Sendable {
  /// The bytes of this part.
  public var bytes: [UInt8]
  public var tail: [UInt8]

  public init(bytes: [UInt8], tail: [UInt8] = []) {
    self.bytes = bytes
    self.tail = tail
  }
}

/// What a tensor's payload is made of.
public struct PayloadContents: Sendable {
  /// How many parts there are.
  public let partCount: Int
  /// Makes a part; called by several threads at once, in any order, and perhaps more than once a part.
  public let part: @Sendable (Int) throws -> PayloadPart

  /// Describes contents of `partCount` parts, which `part` makes.
  public init(partCount: Int, part: @escaping @Sendable (Int) throws -> PayloadPart) {
    self.partCount = partCount
    self.part = part
  }

  /// Contents that are there already.
  public init(_ bytes: [UInt8]) {
    self.init(partCount: 1) { _ in PayloadPart(bytes: bytes) }
  }
}
