/// Paths as Swift strings, though the system's are bytes of no encoding.
///
/// A name in Latin-1, say, is no UTF-8. In a `String` each of its other bytes is a scalar of private
/// use, U+10FE80 to U+10FEFF. It goes back to the system as the byte that it was. Names that
/// have one of these scalars themselves come through as well: its bytes are kept the same way.
package enum PathBytes {
  private static let base: UInt32 = 0x10FE00

  /// The byte that `scalar` stands for; nil for a scalar that is itself.
  package static func byte(standingFor scalar: Unicode.Scalar) -> UInt8? {
    guard scalar.value >= base + 0x80, scalar.value <= base + 0xFF else { return nil }
    return UInt8(scalar.value - base)
  }

  /// The text for a name of `bytes`.
  package static func text(_ bytes: some Collection<UInt8>) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !hasStandIn(text) { return text }
    var text = ""
    var rest = Array(bytes)[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      let scalar = String(validating: rest.prefix(length), as: UTF8.self)
      if let scalar, scalar.unicodeScalars.count == 1, !hasStandIn(scalar) {
        text += scalar
        rest = rest.dropFirst(length)
      } else {
        if let standIn = Unicode.Scalar(base + UInt32(first)) {
          text.unicodeScalars.append(standIn)
        }
        rest = rest.dropFirst()
      }
    }
    return text
  }

  private static func hasStandIn(_ text: String) -> Bool {
    text.unicodeScalars.contains { byte(standingFor: $0) != nil }
  }

  /// The bytes of the name that `text` stands for.
  package static func bytes(_ text: String) -> [UInt8] {
    guard hasStandIn(text) else { return Array(text.utf8) }
    return text.unicodeScalars.flatMap { scalar in
      byte(standingFor: scalar).map { [$0] } ?? Array(String(scalar).utf8)
    }
  }

  /// The text for a name that the system gave, which ends with a zero.
  package static func text(cString: UnsafePointer<CChar>) -> String {
    var length = 0
    while cString[length] != 0 { length += 1 }
    return cString.withMemoryRebound(to: UInt8.self, capacity: length) {
      text(UnsafeBufferPointer(start: $0, count: length))
    }
  }
}

extension String {
  /// Calls `body` with this path as the system takes it.
  ///
  /// A path with a zero byte within is no path: it becomes an empty one, which the system refuses.
  package func withPath<Result>(
    _ body: (UnsafePointer<CChar>) throws -> Result
  ) rethrows -> Result {
    let bytes = PathBytes.bytes(self)
    let path = bytes.contains(0) ? [0] : bytes.map { CChar(bitPattern: $0) } + [0]
    return try path.withUnsafeBufferPointer { buffer in
      guard let address = buffer.baseAddress else { return try "".withCString(body) }
      return try body(address)
    }
  }

  /// Whether both are the same bytes; `==` holds for texts that Unicode calls equivalent, too.
  public func isIdentical(to other: some StringProtocol) -> Bool {
    utf8.elementsEqual(other.utf8)
  }
}
