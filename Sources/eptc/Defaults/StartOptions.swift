import ArgumentParser
import EPTSystem
import EPTTask
import EPTTrain

/// What training starts from.
struct StartOptions: ParsableArguments {
  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      """
      Start of the prompt: vocab (rows of frequent pieces), text:WORDS (their rows, repeated), \
      bundle:FILE (another .eptb of this backbone), or peft:FOLDER (an adapter of PEFT's prompt \
      tuning or of DePT). Sizes that no flag sets are the file's.
      """, valueName: "start"))
  var start = "vocab"

  func validate() throws {
    let isKnown = start == "vocab" || Self.kinds.contains { start.hasPrefix("\($0):") }
    guard isKnown, start.last != ":" else {
      throw ValidationError("--init must be vocab, text:WORDS, bundle:FILE or peft:FOLDER.")
    }
  }

  /// The files that the option names.
  var inputs: [String] {
    guard let colon = start.firstIndex(of: ":") else { return [] }
    let value = String(start[start.index(after: colon)...])
    switch start[..<colon] {
    case "bundle": return [value]
    case "peft": return ((try? FolderListing.names(in: value)) ?? []).map { "\(value)/\($0)" }
    default: return []
    }
  }

  private static let kinds = ["text", "bundle", "peft"]

  /// Reads what the option names, for `task` on the backbone `identity`.
  ///
  /// - Throws: `TaskError.otherBackbone` or `.unusablePrompt`; `FormatError` for the files.
  func prompt(for task: TaskDefinition, on identity: BackboneIdentity) throws -> StartingPrompt {
    guard let colon = start.firstIndex(of: ":") else { return .vocabulary }
    let value = String(start[start.index(after: colon)...])
    switch start[..<colon] {
    case "text": return .text(value)
    case "peft": return .adapter(try PEFTAdapter(folder: value))
    default:
      let bundle = try TaskBundle(path: value)
      try bundle.require(identity, path: value)
      return .bundle(bundle, for: task)
    }
  }
}
