import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem

extension TaskBundle {
  /// Reads and checks the bundle at `path`, every byte of it.
  ///
  /// - Throws: `SystemError.missingFile`, `.truncated`, `.corrupt`, `.unsupported`,
  ///   `.missingTensor` or `.wrongShape`.
  public init(path: String) throws {
    try self.init(ContainerFile(path: path, kind: .bundle))
  }

  /// Reads a bundle that is mapped already; otherwise as `init(path:)`.
  package init(_ mapped: MappedFile) throws {
    try self.init(ContainerFile(mapped, kind: .bundle))
  }

  private init(_ file: ContainerFile) throws {
    // It is small, so that all of it can be checked, whatever is made of it.
    try file.verify()
    let path = file.path
    let reader = BundleReader(file: file)
    let task = try reader.read(BundleNames.task) { try? TaskDefinition($0) }
    let backbone = try reader.read(BundleNames.backbone, BackboneIdentity.init)
    let training = try reader.read(BundleNames.training, TrainingRecord.init)
    let json = try file.json(BundleNames.prompt)
    guard let form = json["form"]?.string.flatMap(Form.init) else {
      throw FormatError.unsupported(
        path: path, what: "a prompt of form \(json["form"]?.string ?? "unknown")",
        hint: "update eptc, or tune again")
    }
    let prompt = try reader.prompt(json, hiddenSize: backbone.hiddenSize)
    guard file.requiredFeatures.contains(.depth) == (prompt.shape.depth != nil) else {
      throw reader.fault(BundleNames.prompt, "its \"depth\" contradicts the file's features")
    }
    guard prompt.shape.inputLength == task.inputLength else {
      throw reader.fault(BundleNames.prompt, "its input length differs from the task's")
    }
    if let gate = training.startGate {
      guard gate.rows == prompt.shape.promptLength, gate.columns == prompt.shape.subspaces else {
        throw reader.fault(BundleNames.training, "\"start_gate\" has other sizes than the prompt")
      }
    }
    guard form == .unfolded || (prompt.shape.subspaces == 0 && !prompt.usesFusion) else {
      throw reader.fault(BundleNames.prompt, "a folded prompt has neither subspaces nor fusion")
    }
    let readout = try reader.readout(json, task, hiddenSize: backbone.hiddenSize)
    self.init(
      task: task, backbone: backbone, training: training, form: form, prompt: prompt,
      readout: readout, pooling: try reader.pooling(json, readout),
      temperature: try reader.temperature(json, readout))
  }
}

/// The parts of a bundle, read and checked one by one.
private struct BundleReader {
  /// More than any sensible size, and small enough that products of two cannot overflow.
  private static let largestSize = 1 << 20

  /// The most tokens of a label: a decoder takes memory and time for each.
  private static let longestLabel = InputEncoder.longestLabel

  let file: ContainerFile

  func fault(_ location: String, _ reason: String) -> FormatError {
    FormatError.corrupt(path: file.path, location: "section `\(location)`", reason: reason)
  }

  func read<Value>(_ section: String, _ value: (JSON) -> Value?) throws -> Value {
    guard let value = value(try file.json(section)) else {
      throw fault(section, "a member is missing or of the wrong kind")
    }
    return value
  }

  func prompt(_ json: JSON, hiddenSize: Int) throws -> EPTPrompt {
    func size(_ key: String, from minimum: Int) throws -> Int {
      guard let size = json[key]?.integer, (minimum...Self.largestSize).contains(size) else {
        throw fault(
          BundleNames.prompt,
          "\"\(key)\" must be a whole number from \(minimum) to \(Self.largestSize)")
      }
      return size
    }
    guard let alpha = json["alpha"]?.number.map(Float.init), alpha.isFinite,
      let usesFusion = json["fusion"]?.bool
    else { throw fault(BundleNames.prompt, "\"alpha\" or \"fusion\" is missing") }
    let fusionScale = json["fusion_scale"].map { $0.number.map(Float.init) } ?? 1
    guard let fusionScale, fusionScale.isFinite, fusionScale > 0 else {
      throw fault(BundleNames.prompt, "\"fusion_scale\" must be a number of more than 0")
    }
    let subspaces = try size("subspaces", from: 0)
    let shape = PromptShape(
      promptLength: try size("prompt_length", from: 0),
      inputLength: try size("input_length", from: 1), hiddenSize: hiddenSize,
      rank: try size("rank", from: 0), subspaces: subspaces,
      subspaceWidth: try size("subspace_width", from: subspaces == 0 ? 0 : 1),
      depth: try depth(json["depth"]))
    // Sizes are checked against the file before anything of their size is made.
    var values: [PromptPart: [Float]] = [:]
    for part in PromptPart.allCases {
      let size = part.size(in: shape)
      if size.rows > 0, size.columns > 0 {
        values[part] = try floats(part.rawValue, [size.rows, size.columns])
      }
    }
    var prompt = EPTPrompt(
      shape: shape, alpha: alpha, usesFusion: usesFusion, fusionScale: fusionScale)
    for (part, numbers) in values { prompt[part].values = numbers }
    return prompt
  }

  /// The sizes of the projections after blocks, nil for none.
  private func depth(_ json: JSON?) throws -> DepthShape? {
    guard let json else { return nil }
    func size(_ key: String, _ range: ClosedRange<Int>) throws -> Int {
      guard let size = json[key]?.integer, range.contains(size) else {
        throw fault(
          BundleNames.prompt,
          "\"depth.\(key)\" must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return size
    }
    return DepthShape(
      encoderBlocks: try size("encoder_blocks", 0...1024),
      decoderBlocks: try size("decoder_blocks", 0...1024),
      subspaces: try size("subspaces", 1...256), subspaceWidth: try size("subspace_width", 1...256))
  }

  func readout(_ json: JSON, _ task: TaskDefinition, hiddenSize: Int) throws -> Readout {
    guard let name = json[ReadoutFields.readout]?.string.flatMap(ReadoutFields.Name.init) else {
      throw fault(BundleNames.prompt, "\"readout\" must be \(ReadoutFields.Name.list)")
    }
    let classes = task.labels.count
    switch name {
    case .head, .number, .labels, .tags:
      let fields: ReadoutFields
      do {
        fields = try ReadoutFields(json, name: name, classes: classes)
      } catch {
        throw fault(BundleNames.prompt, error.reason)
      }
      try check(fields, task)
      let outputs = fields.outputs(classes: classes)
      let inputs = fields.features.count(hiddenSize: hiddenSize)
      let weight = try floats(BundleNames.headWeight, [outputs, inputs])
      return .head(
        LinearHead(
          weight: Matrix(rows: outputs, columns: inputs, values: weight),
          bias: try floats(BundleNames.headBias, [outputs]), features: fields.features,
          kind: fields.kind))
    case .labelWords:
      guard file.requiredFeatures.isDisjoint(with: [.readouts, .tags]), task.labelForm == .one,
        classes > 0
      else {
        throw fault(BundleNames.prompt, "label words contradict the task or the file's features")
      }
      let words = json["label_tokens"]?.array?.map { word in
        (word.array ?? []).compactMap { $0.integer.flatMap(Int32.init(exactly:)) }
      }
      guard let words, words.count == classes,
        words.allSatisfy({ (1...Self.longestLabel).contains($0.count) }),
        Set(words).count == classes
      else {
        throw fault(
          BundleNames.prompt,
          "\"label_tokens\" must hold 1 to \(Self.longestLabel) distinct tokens of each label")
      }
      return .labelWords(words)
    }
  }

  /// Stops at a head that contradicts the task, or the features in the preamble.
  private func check(_ fields: ReadoutFields, _ task: TaskDefinition) throws {
    let fits =
      switch fields.kind {
      case .classes: task.labelForm == .one && !task.labels.isEmpty
      case .number: task.isScale
      case .labels: task.labelForm == .several
      case .tags: task.labelForm == .tags
      }
    guard fits, (fields.kind == .tags) == (fields.features == .words),
      fields.features.textCount <= task.segments.count
    else {
      throw fault(BundleNames.prompt, "its read-out does not fit the task")
    }
    guard file.requiredFeatures.contains(.readouts) == fields.needsFeature,
      file.requiredFeatures.contains(.tags) == fields.answersWords
    else {
      throw fault(BundleNames.prompt, "its \"readout\" contradicts the file's features")
    }
  }

  /// What the head reads.
  ///
  /// The feature in the preamble is there if and only if that is not the mean.
  func pooling(_ json: JSON, _ readout: Readout) throws -> Pooling {
    let name = json["pooling"]
    guard let pooling = name.map({ $0.string.flatMap(Pooling.init) }) ?? .mean else {
      throw FormatError.unsupported(
        path: file.path, what: "pooling \(name?.serialized() ?? "")",
        hint: "it must be one of \(Pooling.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    if pooling != .mean, case .labelWords = readout {
      throw fault(BundleNames.prompt, "label words have no \"pooling\"")
    }
    guard pooling == .mean || !readout.readsWords else {
      throw fault(BundleNames.prompt, "a head on words has no \"pooling\"")
    }
    guard file.requiredFeatures.contains(.pooling) == (pooling != .mean) else {
      throw fault(BundleNames.prompt, "its \"pooling\" contradicts the file's features")
    }
    return pooling
  }

  /// What scores are divided by.
  ///
  /// The feature in the preamble is there if and only if that is not 1.
  func temperature(_ json: JSON, _ readout: Readout) throws -> Float {
    var temperature: Float = 1
    if let member = json["temperature"] {
      guard let value = member.number.map(Float.init), (1e-3...1e3).contains(value), value != 1
      else {
        throw fault(
          BundleNames.prompt, "\"temperature\" must be a number from 0.001 to 1000 other than 1")
      }
      guard readout.kind == .classes else {
        throw fault(BundleNames.prompt, "\"temperature\" is of classes alone")
      }
      temperature = value
    }
    guard file.requiredFeatures.contains(.calibration) == (temperature != 1) else {
      throw fault(BundleNames.prompt, "its \"temperature\" contradicts the file's features")
    }
    return temperature
  }

  private func floats(_ name: String, _ shape: [Int]) throws -> [Float] {
    let tensor = try file.tensor(name)
    guard
      tensor.shape == shape
        || (tensor.encoding == .q8 && QuantizedRows.areParts(tensor.shape, of: shape))
    else {
      throw FormatError.wrongShape(
        path: file.path, tensor: name, expected: shape, actual: tensor.shape)
    }
    let values = try tensor.floats()
    guard values.allSatisfy(\.isFinite) else {
      throw FormatError.corrupt(
        path: file.path, location: "tensor `\(name)`", reason: "a number is not finite")
    }
    return values
  }
}
