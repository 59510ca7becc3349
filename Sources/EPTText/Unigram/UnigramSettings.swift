/// How a Unigram tokenizer cuts text into words.
struct UnigramSettings: Equatable {
  typealias Prepending = Metaspace.Prepending

  /// The piece for what the vocabulary lacks.
  var unknown: Int32
  /// Whether words are what stands between white space.
  var splitsOnWhitespace: Bool
  /// The character for a space.
  var metaspace: Unicode.Scalar
  var prepending: Prepending
  /// Whether every metaspace begins a word.
  var splitsOnMetaspace: Bool

  /// The flat form.
  var values: [UInt32] {
    [
      UInt32(bitPattern: unknown), splitsOnWhitespace ? 1 : 0, metaspace.value,
      prepending.rawValue, splitsOnMetaspace ? 1 : 0,
    ]
  }

  init(
    unknown: Int32, splitsOnWhitespace: Bool, metaspace: Unicode.Scalar,
    prepending: Prepending, splitsOnMetaspace: Bool
  ) {
    self.unknown = unknown
    self.splitsOnWhitespace = splitsOnWhitespace
    self.metaspace = metaspace
    self.prepending = prepending
    self.splitsOnMetaspace = splitsOnMetaspace
  }

  /// Reads the flat form; nil if it is none.
  init?(values: UnsafeBufferPointer<UInt32>, pieces: Int) {
    guard values.count == 5, values[0] < UInt32(pieces),
      let metaspace = Unicode.Scalar(values[2]), let prepending = Prepending(rawValue: values[3])
    else { return nil }
    self.init(
      unknown: Int32(bitPattern: values[0]), splitsOnWhitespace: values[1] != 0,
      metaspace: metaspace, prepending: prepending, splitsOnMetaspace: values[4] != 0)
  }
}
