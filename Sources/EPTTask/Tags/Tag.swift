import EPTSystem

/// A tag of a word, as BIO has them: `O` outside of entities, `B-PER` at the first word of one,
/// `I-PER` within (Ramshaw and Marcus, WVLC 1995).
public struct Tag: Sendable, Equatable {
  /// The tag of words outside of entities.
  public static let outside = "O"

  /// What the entity is, without the prefix; nil outside of entities.
  public let type: ByteName?
  /// Whether an entity begins here, whatever stands before.
  public let isBegin: Bool

  /// Reads `name`; nil if it is no such tag.
  public init?(_ name: String) {
    let bytes = Array(name.utf8)
    if bytes == Array(Self.outside.utf8) {
      (type, isBegin) = (nil, false)
      return
    }
    guard bytes.count > 2, bytes[1] == UInt8(ascii: "-"),
      bytes[0] == UInt8(ascii: "B") || bytes[0] == UInt8(ascii: "I")
    else { return nil }
    type = ByteName(String(decoding: bytes.dropFirst(2), as: UTF8.self))
    isBegin = bytes[0] == UInt8(ascii: "B")
  }
}

/// Words that are one thing.
public struct Entity: Sendable, Hashable {
  /// The entity's type, such as `PER`.
  public let type: ByteName
  /// Its words.
  public let words: Range<Int>

  public init(type: ByteName, words: Range<Int>) {
    self.type = type
    self.words = words
  }
}

extension Entity {
  /// The entities of a sequence of tags, in order.
  ///
  /// As seqeval's default mode counts them: an entity begins at a `B-`, and at an `I-` that does not
  /// go on with an entity of its own type; it ends before the next such tag and before an `O`.
  public static func all(in tags: [Tag]) -> [Entity] {
    var entities: [Entity] = []
    var open: (type: ByteName, start: Int)?
    func close(at end: Int) {
      if let open { entities.append(Entity(type: open.type, words: open.start..<end)) }
    }
    for (place, tag) in tags.enumerated() {
      if let type = tag.type, let open, !tag.isBegin, open.type == type { continue }
      close(at: place)
      open = tag.type.map { ($0, place) }
    }
    close(at: tags.count)
    return entities
  }
}
