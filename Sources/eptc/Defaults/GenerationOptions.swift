import ArgumentParser
import EPTModel

/// Whether and how a decoder writes texts.
struct GenerationOptions: ParsableArguments {
  @Flag(
    help: """
      Let a T5 write a text instead of choosing a label: after a tuned prompt, or without \
      --prompt on from the line alone.
      """)
  var generate = false

  @Option(
    help: ArgumentHelp("Most tokens of a written text. (default: 64)", valueName: "tokens"))
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp(
      "Beginnings that are followed at a time; 1 takes the likeliest token. (default: 1)",
      valueName: "beams"))
  var beams: Int?

  func validate() throws {
    if !generate, maxTokens != nil || beams != nil {
      throw ValidationError("--max-tokens and --beams need --generate.")
    }
    if let maxTokens, !(1...65_536).contains(maxTokens) {
      throw ValidationError("--max-tokens must be from 1 to 65536.")
    }
    if let beams, !(1...PromptedModel.mostBeams).contains(beams) {
      throw ValidationError("--beams must be from 1 to \(PromptedModel.mostBeams).")
    }
  }

  /// How to write; nil to choose among labels.
  var settings: GenerationSettings? {
    generate ? GenerationSettings(maximumTokens: maxTokens ?? 64, beams: beams ?? 1) : nil
  }
}
