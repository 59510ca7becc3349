/// A token that is found in the text itself.
struct AddedToken: Equatable {
  var text: [UInt8]
  var id: Int
  /// Whether it takes the white space on its left, on its right.
  var stripsLeft = false
  var stripsRight = false
  /// Whether it is found only where no word goes on beside it.
  var isWord = false
  /// Whether it is looked for after normalization.
  var isNormalized = false
  /// Whether it stands for no text, as an end token does.
  var isSpecial = false

  /// The flags as the tables hold them.
  var flags: UInt32 {
    (stripsLeft ? AddedTokens.stripsLeft : 0) | (stripsRight ? AddedTokens.stripsRight : 0)
      | (isSpecial ? AddedTokens.isSpecial : 0) | (isWord ? AddedTokens.isWord : 0)
  }
}
