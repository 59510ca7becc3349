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

  /// nil if the first of the arguments, the program's name not counted, is a command, a flag or nothing.
  init?(_ arguments: [String]) {
    guard let word = arguments.first, let first = word.first, first != "-",
      !Self.commands.contains(word)
    else { return nil }
    self.word = word
    meant = Self.synonyms[word.lowercased()] ?? Self.nearest(to: word.lowercased(), Self.commands)
  }

  /// The nearest of `words`, if a slip of the fingers could have meant it.
  static func nearest(to word: String, _ words: [String]) -> String? {
    let near = words.map { (distance: distance(word, $0), word: $0) }
      .filter { $0.distance <= max(1, $0.word.count / 3) }
    return near.min { $0.distance < $1.distance }?.word
  }

  /// The fewest insertions, deletions, replacements and swaps that turn one into the other.
  private static func distance(_ first: String, _ second: String) -> Int {
    let (a, b) = (Array(first.utf8), Array(second.utf8))
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }

  var description: String {
    let hint =
      meant.map { "did you mean `eptc \($0)`?" }
      ?? "the commands are: \(Self.commands.dropLast().joined(separator: ", "))"
    return "there is no command \(word); \(hint)"
  }
}
