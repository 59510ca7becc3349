import EPTFormat
import EPTModel

/// A tuned task: all that a backbone needs to answer, in one small file.
///
/// docs/reference/format.md describes the file.
public struct TaskBundle: Sendable, Equatable {
  /// What is asked, and how answers are scored.
  public var task: TaskDefinition
  /// The backbone that the prompt was tuned on, and works with.
  public var backbone: BackboneIdentity
  /// How the bundle was made.
  public var training: TrainingRecord
  /// Whether the prompt is as it was trained.
  public var form: Form
  /// The prompt; a folded one has neither subspaces nor fusion.
  public var prompt: EPTPrompt
  /// The linear head of an encoder, or the label words' tokens.
  public var readout: Readout
  /// What a linear head reads; the mean where there is none.
  public var pooling: Pooling {
    didSet { readout = readout.pooled(by: pooling) }
  }
  /// What scores are divided by before the softmax; 1 for as they are.
  ///
  /// It makes probabilities calibrated. Answers do not depend on it.
  public var temperature: Float

  /// How a bundle's prompt is kept.
  public enum Form: String, Sendable {
    /// As trained: training can go on from it, its gate can be drawn.
    case unfolded
    /// Fusion, subspaces and gate are worked into the short prompt.
    case folded
  }

  public init(
    task: TaskDefinition, backbone: BackboneIdentity, training: TrainingRecord,
    form: Form = .unfolded, prompt: EPTPrompt, readout: Readout, pooling: Pooling = .mean,
    temperature: Float = 1
  ) {
    self.temperature = temperature
    self.form = form
    self.task = task
    self.backbone = backbone
    self.training = training
    self.prompt = prompt
    self.readout = readout.pooled(by: pooling)
    self.pooling = pooling
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
  /// - Parameters:
  ///   - path: The file to make.
  ///   - replacing: Whether a file that is there may be replaced.
  ///   - numbers: How the tensors are stored; training goes on without loss from binary32 only.
  /// - Throws: `SystemError.outputExists` unless `replacing`, `.system` if the disk refuses;
  ///   `TaskError.unusablePrompt` for a number that `numbers` cannot hold.
  public func write(
    to path: String, replacing: Bool, numbers: BundleNumbers = .f32
  ) throws {
    // Without knowing of them, a reader would take the mean, leave blocks as they are, and tell other
    // probabilities.
    var features: ContainerFeatures = []
    if pooling != .mean { features.insert(.pooling) }
    if prompt.shape.depth != nil { features.insert(.depth) }
    if case .head(let head) = readout, ReadoutFields(head).needsFeature {
      features.insert(.readouts)
    }
    if readout.readsWords { features.insert(.tags) }
    if temperature != 1 { features.insert(.calibration) }
    var writer = ContainerWriter(kind: .bundle, requiredFeatures: features)
    for (name, json) in [
      (BundleNames.task, task.json), (BundleNames.backbone, backbone.json),
      (BundleNames.training, training.json), (BundleNames.prompt, promptJSON),
    ] {
      writer.addSection(name, Array(json.serialized().utf8))
    }
    for part in PromptPart.allCases where !prompt[part].values.isEmpty {
      let matrix = prompt[part]
      try numbers.add(
        part.rawValue, [matrix.rows, matrix.columns], matrix.values, to: &writer, path)
    }
    if case .head(let head) = readout {
      let shape = [head.weight.rows, head.weight.columns]
      // Few numbers, of which each answer is made.
      let exact = numbers == .q8 ? .f16 : numbers
      try exact.add(BundleNames.headWeight, shape, head.weight.values, to: &writer, path)
      writer.addTensor(name: BundleNames.headBias, shape: [head.bias.count], floats: head.bias)
    }
    try writer.write(to: path, replacing: replacing)
  }

  private var promptJSON: JSON {
    let shape = prompt.shape
    var members = [
      JSONMember("form", .string(form.rawValue)),
      JSONMember("prompt_length", .integer(shape.promptLength)),
      JSONMember("input_length", .integer(shape.inputLength)),
      JSONMember("rank", .integer(shape.rank)),
      JSONMember("subspaces", .integer(shape.subspaces)),
      JSONMember("subspace_width", .integer(shape.subspaceWidth)),
      JSONMember("alpha", .number(Double(prompt.alpha))),
      JSONMember("fusion", .bool(prompt.usesFusion)),
    ]
    if prompt.fusionScale != 1 {
      members.append(JSONMember("fusion_scale", .number(Double(prompt.fusionScale))))
    }
    if let depth = shape.depth {
      members.append(
        JSONMember(
          "depth",
          [
            "encoder_blocks": .integer(depth.encoderBlocks),
            "decoder_blocks": .integer(depth.decoderBlocks),
            "subspaces": .integer(depth.subspaces),
            "subspace_width": .integer(depth.subspaceWidth),
          ]))
    }
    if pooling != .mean { members.append(JSONMember("pooling", .string(pooling.rawValue))) }
    if temperature != 1 {
      members.append(JSONMember("temperature", .number(Double(temperature))))
    }
    switch readout {
    case .head(let head):
      members += ReadoutFields(head).json
    case .labelWords(let words):
      members.append(
        JSONMember(ReadoutFields.readout, .string(ReadoutFields.Name.labelWords.rawValue)))
      let tokens = words.map { JSON.array($0.map { .integer(Int($0)) }) }
      members.append(JSONMember("label_tokens", .array(tokens)))
    }
    return .object(members)
  }
}
