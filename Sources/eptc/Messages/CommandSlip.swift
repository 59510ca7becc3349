import EPTCommandLine

/// A first word that is no command, and what was meant.
struct CommandSlip: Error, CustomStringConvertible {
  private let word: String
  private let meant: String?

  static let commands = [
    "convert", "tune", "infer", "embed", "eval", "qualify", "inspect", "tasks", "fold", "export",
    "report", "serve", "help",
  ]
  /// What other tools call it.
  private static let synonyms = [
    "train": "tune", "fit": "tune", "finetune": "tune", "fine-tune": "tune", "learn": "tune",
    "predict": "infer", "classify": "infer", "run": "infer", "generate": "infer",
    "evaluate": "eval", "test": "eval", "score": "eval", "validate": "eval", "metrics": "eval",
    "show": "inspect", "info": "inspect", "verify": "inspect", "diff": "inspect", "list": "tasks",
    "presets": "tasks", "quantize": "convert", "import": "convert", "merge": "fold",
    "embeddings": "embed", "encode": "embed", "vectorize": "embed", "similarity": "embed",
    "shrink": "fold", "html": "report", "plot": "report", "peft": "export", "server": "serve",
    "http": "serve", "daemon": "serve", "version": "--version",
  ]

  /// nil if the first of the arguments, the program's name not counted, is a command, a flag or nothing;
  /// after `help` the second counts.
  init?(_ arguments: [String]) {
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    guard let word = words.first, let first = word.first, first != "-",
      !Self.commands.contains(word)
    else { return nil }
    self.word = word
    meant =
      Self.synonyms[word.lowercased()] ?? NearestWord.find(word.lowercased(), among: Self.commands)
  }

  var description: String {
    let hint =
      meant.map { "did you mean `eptc \($0)`?" }
      ?? "the commands are: \(Self.commands.dropLast().joined(separator: ", "))"
    return "there is no command \(word); \(hint)"
  }
}
