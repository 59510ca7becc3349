import ArgumentParser
import EPTInfer
import EPTModel

/// What vectors are made of and how they are written.
struct EmbeddingOptions: ParsableArguments {
  /// How vectors are written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case jsonl, tsv, npy
  }

  @Option(
    help: """
      What of a text's states makes its vector: the mean, the first (cls) or the last. (default: as the \
      bundle or the backbone's checkpoint says, else mean)
      """)
  var pooling: Pooling?

  @Flag(inversion: .prefixedNo, help: "Give vectors of length 1.")
  var normalize = true

  @Flag(help: "Read pairs of texts and tell the cosine of each.")
  var similarity = false

  @Option(
    help: ArgumentHelp(
      "The longest text in tokens; more is cut off. (default: 512, or the backbone's positions)",
      valueName: "tokens"))
  var inputLength: Int?

  @Option(
    help: """
      How to answer: jsonl (an object a line, the vector under "embedding"), tsv (a column a number) or \
      npy (one NumPy array, with --output). (default: as --output ends, else jsonl; tsv with --similarity)
      """)
  var format: Format?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A file to write, whole or not at all. (default: standard output)", valueName: "file"))
  var output: String?

  @Flag(help: "Replace the output if it exists.")
  var force = false

  @Flag(
    help: "Hand on the fields that are not read: with tsv as first columns, with jsonl as members.")
  var keep = false

  func validate() throws {
    if let inputLength, !(1...65_536).contains(inputLength) {
      throw ValidationError("--input-length must be from 1 to 65536.")
    }
    guard chosenFormat == .npy else { return }
    if output == nil { throw ValidationError("--format npy needs --output, a file.") }
    if keep { throw ValidationError("--keep needs --format jsonl or tsv: an array holds no text.") }
  }

  /// The format that was asked for, or that the output's name has.
  var chosenFormat: Format {
    if let format { return format }
    let ending = Format.allCases.first { output?.hasSuffix(".\($0.rawValue)") ?? false }
    return ending ?? (similarity ? .tsv : .jsonl)
  }

  /// How texts become vectors.
  var settings: EmbeddingSettings {
    var settings = EmbeddingSettings()
    settings.pooling = pooling
    settings.isNormalized = normalize
    settings.comparesPairs = similarity
    settings.inputLength = inputLength
    return settings
  }

  /// Checks that the output can be written and is none of `inputs`, before long work.
  ///
  /// - Throws: `SystemError`.
  func target(inputs: [String]) throws -> EmbeddingTarget {
    let file = try output.map { try StreamOutputFile(path: $0, replacing: force, inputs: inputs) }
    return EmbeddingTarget(format: chosenFormat, comparesPairs: similarity, file: file)
  }
}
