import EPTFormat
import EPTText

/// Finds out whether sentence-transformers would lower-case texts that the tokenizer does not.
enum LowercaseCheck {
  /// Settings of a Transformer module, by the model that it was first written for.
  private static let names = [
    "bert", "roberta", "distilbert", "albert", "camembert", "xlm-roberta",
  ]
  .map { "sentence_\($0)_config.json" }
  /// Cased letters of several scripts, with and without marks.
  private static let sample = "The QUICK Brown Fox JUMPS Over ÄÖÜ ÉÈ Ñ ΑΒΓ АБВ"

  /// Checks the settings in `folder` against its tokenizer.
  ///
  /// - Throws: `ConvertError.lowercasing`; `FormatError`.
  static func check(folder: String, _ tokenizer: any Tokenizer) throws {
    for name in names {
      let path = "\(folder)/\(name)"
      guard let json = try CheckpointJSON.readIfPresent(path), json["do_lower_case"]?.bool == true
      else { continue }
      guard tokenizer.tokens(of: sample) == tokenizer.tokens(of: sample.lowercased()) else {
        throw ConvertError.lowercasing(path: path)
      }
    }
  }
}
