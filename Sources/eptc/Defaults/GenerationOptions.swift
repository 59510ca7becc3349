import ArgumentParser
import EPTModel

/// Whether and how a decoder writes texts.
struct GenerationOptions: ParsableArguments {
  @Flag(
    help: """
      Let a T5 or a Llama write a text instead of choosing a label: after a tuned prompt, or without \
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

  @Option(
    help: ArgumentHelp(
      "A written text ends before this. May be repeated.", valueName: "text"))
  var stop: [String] = []

  func validate() throws {
    if !generate, maxTokens != nil || beams != nil || !stop.isEmpty {
      throw ValidationError("--max-tokens, --beams and --stop need --generate.")
    }
    if stop.contains(where: { $0.isEmpty || $0.utf8.count > 256 }) {
      throw ValidationError("--stop must be a text of 1 to 256 bytes.")
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
