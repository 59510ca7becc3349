/// A name that is equal to another only if both are the same bytes.
///
/// Swift takes texts as equal that Unicode calls equivalent (é in one scalar or in two); the names in a
/// file are different ones then.
public struct ByteName: Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  /// The name as text.
  public let text: String

  /// Takes a name as its bytes.
  public init(_ text: String) { self.text = text }

  public var description: String { text }

  public static func == (first: ByteName, second: ByteName) -> Bool {
    first.text.utf8.elementsEqual(second.text.utf8)
  }

  public static func < (first: ByteName, second: ByteName) -> Bool {
    first.text.utf8.lexicographicallyPrecedes(second.text.utf8)
  }

  public init(stringLiteral value: String) { self.init(value) }

  public func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
