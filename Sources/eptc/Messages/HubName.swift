import EPTSystem

/// A name of the Hugging Face Hub, or an address, where a file was expected.
struct HubName {
  private let name: String
  private let isData: Bool

  /// Beginnings of models' names that have no owner.
  private static let knownModels = [
    "t5-", "flan-t5", "bert-", "distilbert", "roberta", "all-minilm", "minilm", "gpt2", "albert-",
    "xlm-roberta", "mt5-", "sentence-t5",
  ]

  /// nil if `path` is a path like any other; `isData` where rows were expected.
  init?(_ path: String, isData: Bool) {
    self.isData = isData
    let isAddress = ["https://", "http://", "hf://"].contains { path.hasPrefix($0) }
    if isAddress {
      let rest = path.split(separator: "/").drop {
        $0.hasSuffix(":") || $0.contains("huggingface.co")
      }
      let words = rest.prefix(2)
      name = words.isEmpty ? path : words.joined(separator: "/")
      return
    }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = parts.allSatisfy { part in
      !part.isEmpty && part.first != "." && part.first != "~"
        && part.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            || [0x2D, 0x2E, 0x5F].contains($0)
        }
    }
    guard isPlain, !Self.hasFileEnding(path) else { return nil }
    switch parts.count {
    case 1:
      guard !isData, Self.knownModels.contains(where: { path.lowercased().hasPrefix($0) }) else {
        return nil
      }
    case 2:
      // A folder that is there makes it a path with a slip in the file's name.
      guard FileStatus(String(parts[0])) == nil else { return nil }
    default: return nil
    }
    name = path
  }

  private static func hasFileEnding(_ path: String) -> Bool {
    [
      ".ept", ".eptb", ".safetensors", ".json", ".jsonl", ".tsv", ".csv", ".txt", ".bin", ".gz",
      ".zst", ".ndjson", ".html", ".checkpoint", ".log",
    ].contains { path.lowercased().hasSuffix($0) }
  }

  /// What mends it.
  var message: String {
    let folder = name.split(separator: "/").last.map(String.init) ?? name
    return "\(name) is no file here, and nothing is downloaded: fetch it with "
      + "`hf download \(isData ? "--repo-type dataset " : "")\(name) "
      + "--local-dir \(folder)` and give \(isData ? "the file in it" : "the folder")"
  }
}
