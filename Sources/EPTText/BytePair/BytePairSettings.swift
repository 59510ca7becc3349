/// How a byte-pair tokenizer makes the first pieces of a word.
struct BytePairSettings: Equatable {
  /// The piece for what the vocabulary lacks; nil if that leaves no trace.
  var unknown: Int32?
  /// Whether words are bytes, each with a piece of its own, or else characters.
  var isByteLevel: Bool
  /// Whether neighbouring unknowns are one.
  var fusesUnknown: Bool
  /// The character that no pair joins to another one before it, so that a word may be cut in front of
  /// it; nil where there is no such.
  var cut: Unicode.Scalar?

  /// The flat form.
  var values: [UInt32] {
    [
      unknown.map { UInt32(bitPattern: $0) } ?? .max, isByteLevel ? 1 : 0, fusesUnknown ? 1 : 0,
      cut?.value ?? 0,
    ]
  }

  init(unknown: Int32?, isByteLevel: Bool, fusesUnknown: Bool, cut: Unicode.Scalar? = nil) {
    self.unknown = unknown
    self.isByteLevel = isByteLevel
    self.fusesUnknown = fusesUnknown
    self.cut = cut
  }

  /// Reads the flat form; nil if it is none.
  init?(values: UnsafeBufferPointer<UInt32>, pieces: Int) {
    guard values.count == 4, values[0] == .max || values[0] < pieces,
      let cut = Unicode.Scalar(values[3])
    else { return nil }
    self.init(
      unknown: values[0] == .max ? nil : Int32(bitPattern: values[0]),
      isByteLevel: values[1] != 0, fusesUnknown: values[2] != 0, cut: values[3] == 0 ? nil : cut)
  }
}
