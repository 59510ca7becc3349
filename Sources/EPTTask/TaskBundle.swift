import EPTFormat
import EPTModel

/// A tuned task: all that a backbone needs to answer, in one small file.
///
/// docs/format.md describes the file.
public struct TaskBundle: Sendable, Equatable {
  public var task: TaskDefinition
  /// The backbone that the prompt was tuned on, and works with.
  public var backbone: BackboneIdentity
  public var training: TrainingRecord
  /// The prompt, unfolded.
  public var prompt: EPTPrompt
  /// The linear head of an encoder, or the label words' tokens.
  public var readout: Readout

  public init(
    task: TaskDefinition, backbone: BackboneIdentity, training: TrainingRecord, prompt: EPTPrompt,
    readout: Readout
  ) {
    self.task = task
    self.backbone = backbone
    self.training = training
    self.prompt = prompt
    self.readout = readout
  }

  /// Refuses to work with any backbone but its own.
  ///
  /// - Throws: `TaskError.otherBackbone`, naming both. `path` is the bundle's, for the message.
  public func require(_ given: BackboneIdentity, path: String) throws {
    guard given.fingerprint == backbone.fingerprint else {
      throw TaskError.otherBackbone(bundle: path, madeFor: "\(backbone)", given: "\(given)")
    }
  }
}

/// Names of a bundle's sections and tensors, beside those of `PromptPart`.
enum BundleNames {
  static let task = "task"
  static let backbone = "backbone"
  static let training = "training"
  static let prompt = "prompt"
  static let headWeight = "head.weight"
  static let headBias = "head.bias"
}

extension TaskBundle {
  /// Writes the bundle to `path`, all or nothing.
  ///
  /// - Throws: `FormatError.outputExists` unless `replacing`, `.system` if the disk refuses.
  public func write(to path: String, replacing: Bool) throws {
    var writer = ContainerWriter(kind: .bundle)
    for (name, json) in [
      (BundleNames.task, task.json), (BundleNames.backbone, backbone.json),
      (BundleNames.training, training.json), (BundleNames.prompt, promptJSON),
    ] {
      writer.addSection(name, Array(json.serialized().utf8))
    }
    for part in PromptPart.allCases where !prompt[part].values.isEmpty {
      let matrix = prompt[part]
      writer.addTensor(
        name: part.rawValue, shape: [matrix.rows, matrix.columns], floats: matrix.values)
    }
    if case .head(let head) = readout {
      writer.addTensor(
        name: BundleNames.headWeight, shape: [head.weight.rows, head.weight.columns],
        floats: head.weight.values)
      writer.addTensor(name: BundleNames.headBias, shape: [head.bias.count], floats: head.bias)
    }
    try writer.write(to: path, replacing: replacing)
  }

  private var promptJSON: JSON {
    let shape = prompt.shape
    var members = [
      JSONMember("form", "unfolded"),
      JSONMember("prompt_length", .integer(shape.promptLength)),
      JSONMember("input_length", .integer(shape.inputLength)),
      JSONMember("rank", .integer(shape.rank)),
      JSONMember("subspaces", .integer(shape.subspaces)),
      JSONMember("subspace_width", .integer(shape.subspaceWidth)),
      JSONMember("alpha", .number(Double(prompt.alpha))),
      JSONMember("fusion", .bool(prompt.usesFusion)),
    ]
    switch readout {
    case .head:
      members.append(JSONMember("readout", "head"))
    case .labelWords(let words):
      members.append(JSONMember("readout", "label_words"))
      let tokens = words.map { JSON.array($0.map { .integer(Int($0)) }) }
      members.append(JSONMember("label_tokens", .array(tokens)))
    }
    return .object(members)
  }
}
