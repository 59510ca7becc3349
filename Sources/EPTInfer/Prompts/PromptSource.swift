import EPTSystem
import EPTTask

/// Where a stream's prompts come from; they can be loaded again while it runs.
public struct PromptSource: Sendable {
  private let files: [String]
  private let folder: String?
  private let thresholds: [Threshold]
  private let least: Float?

  /// The bundles at `files`, and all those in `folder`, by name.
  ///
  /// With one file and no folder, answers stand on their own, else under their prompts' names.
  /// Without any, a model can only write on from plain texts. Below the probability `least` no label is
  /// the answer.
  public init(
    files: [String], folder: String? = nil, thresholds: [Threshold] = [], least: Float? = nil
  ) {
    self.files = files
    self.folder = folder
    self.thresholds = thresholds
    self.least = least
  }

  /// Reads the bundles.
  ///
  /// - Throws: `FormatError` for a bundle that is not usable; `InferError` for a folder without
  ///   any, a name or a threshold.
  public func read() throws -> PromptBundles {
    let paths = files + (try folder.map { try Self.bundles(in: $0) } ?? [])
    let names = paths.map { Predictor.name(of: $0) }
    for (index, name) in names.enumerated() {
      if let other = names[..<index].firstIndex(where: { $0.isIdentical(to: name) }) {
        throw InferError.samePrompt(name: name, paths: [paths[other], paths[index]])
      }
    }
    let bundles = try paths.map { try TaskBundle(path: $0) }
    let heeded = try heeded(
      zip(names, bundles).map { name, bundle in
        let labels =
          switch bundle.readout.kind {
          case .classes, .labels: bundle.task.labels.map(\.word)
          case .number, .tags: [String]()
          }
        return (name: name, labels: labels)
      })
    return PromptBundles(
      source: self, isNested: folder != nil || files.count > 1,
      least: least, prompts: paths.indices.map { (paths[$0], bundles[$0], heeded[$0]) })
  }

  /// The thresholds that each of `prompts` heeds: those for one of its labels, and those for one
  /// of them after its own name and a colon.
  ///
  /// - Throws: `InferError.threshold` for one that no prompt heeds.
  private func heeded(
    _ prompts: [(name: String, labels: [String])]
  ) throws -> [[Threshold]] {
    var heeded = [[Threshold]](repeating: [], count: prompts.count)
    for threshold in thresholds {
      var isHeeded = false
      for (index, prompt) in prompts.enumerated() {
        let label = prompt.labels.first {
          $0.isIdentical(to: threshold.label)
            || "\(prompt.name):\($0)".isIdentical(to: threshold.label)
        }
        guard let label else { continue }
        heeded[index].append(Threshold(label: label, probability: threshold.probability))
        isHeeded = true
      }
      guard isHeeded else {
        let labels = prompts.flatMap(\.labels)
        throw InferError.threshold(
          label: threshold.label,
          reason: labels.isEmpty
            ? "the answers are tags or numbers, not labels"
            : "the labels are: \(labels.joined(separator: ", "))")
      }
    }
    return heeded
  }

  /// The paths of the bundles in `folder`, sorted by name.
  private static func bundles(in folder: String) throws -> [String] {
    let names = try FolderListing.names(in: folder)
      .filter { $0.hasSuffix(".eptb") && !$0.hasPrefix(".") }
    guard !names.isEmpty else { throw InferError.noPrompts(folder: folder) }
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
      .map { prefix + $0 }
  }
}

/// Bundles that have been read, for any backbone.
public struct PromptBundles: Sendable {
  /// Where they came from.
  let source: PromptSource
  fileprivate let isNested: Bool
  fileprivate let least: Float?
  fileprivate let prompts: [(path: String, bundle: TaskBundle, thresholds: [Threshold])]

  /// The backbones that the bundles were tuned on, in their order.
  public var backbones: [BackboneIdentity] { prompts.map(\.bundle.backbone) }

  /// Makes the bundles ready for `backbone`; `embedding` says whether and how texts become vectors.
  ///
  /// - Throws: `TaskError` or `ModelError` for a bundle that does not fit it,
  ///   `InferError.threshold` or `.unsupported`.
  func prepared(
    on backbone: LoadedBackbone, for embedding: EmbeddingSettings? = nil
  ) throws -> PromptSet {
    let isPair = embedding?.comparesPairs ?? false
    guard !prompts.isEmpty else {
      let limit = try PlainText.limit(embedding?.inputLength, on: backbone)
      let plain = StreamPrompt(plain: backbone.tokenizer, limit: limit, isPair: isPair)
      return PromptSet([plain], isNested: false)
    }
    return PromptSet(
      try prompts.map { prompt in
        try StreamPrompt(
          Predictor(prompt.bundle, path: prompt.path, on: backbone),
          thresholds: prompt.thresholds, least: least, isPair: isPair)
      }, isNested: isNested)
  }
}
