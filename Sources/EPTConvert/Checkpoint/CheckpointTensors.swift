import EPTFormat
import EPTSystem

/// The tensors of a checkpoint under the model's own names.
struct CheckpointTensors {
  /// A tensor and the file that holds it.
  struct Found {
    let tensor: CheckpointTensor
    let file: any CheckpointFile
  }

  /// One for each parameter, in their order.
  let found: [Found]
  /// Names of the checkpoint's tensors that the model does not read, in order.
  let unread: [String]

  /// Finds every parameter of `names` in `checkpoint`, behind one common prefix.
  ///
  /// - Throws: `ConvertError` for tensors that are missing, that stand twice, or that lie in a block of
  ///   the model and are not read; `FormatError` for what is wrong with one.
  init(_ checkpoint: Checkpoint, _ names: CheckpointNames, threads: Int) throws {
    let prefix = try Self.prefix(checkpoint, names)
    var held: [[String]] = []
    for parameter in names.parameters {
      held.append(parameter.names.map { prefix + $0 }.filter { checkpoint.file(of: $0) != nil })
    }
    let missing = zip(names.parameters, held).filter { $0.1.isEmpty }.map(\.0.name)
    guard missing.isEmpty else {
      throw checkpoint.missing(missing, of: names, prefix: prefix)
    }
    let used = Set(held.joined().map { ByteName($0) })
    unread = checkpoint.tensorNames.filter { !used.contains(ByteName($0)) }
    try Self.checkBlocks(unread, names, prefix: prefix, path: checkpoint.path)
    try checkpoint.prepare(used.map(\.text), threads: threads)
    found = try zip(names.parameters, held).map { parameter, names in
      try Self.tensor(parameter, names, in: checkpoint)
    }
  }

  /// The prefix of the one model in `checkpoint`.
  private static func prefix(_ checkpoint: Checkpoint, _ names: CheckpointNames) throws -> String {
    let prefixes = CommonPrefix(of: names, in: checkpoint.tensorNames)
    let complete = prefixes.complete
    guard complete.count < 2 else {
      let name = names.parameters.first?.name ?? ""
      throw ConvertError.severalModels(
        path: checkpoint.path, first: complete[0] + name, second: complete[1] + name)
    }
    guard let prefix = complete.first ?? prefixes.best else {
      throw ConvertError.otherModel(
        path: checkpoint.path, expected: names.parameters.first?.name ?? "",
        example: checkpoint.tensorNames.first)
    }
    return prefix
  }

  /// Refuses a tensor that is in a block of the model, but that the model does not read.
  private static func checkBlocks(
    _ unread: [String], _ names: CheckpointNames, prefix: String, path: String
  ) throws {
    let stems = names.blockStems
    for name in unread where name.hasPrefix(prefix) {
      let own = String(name.dropFirst(prefix.count))
      guard let stem = CheckpointNames.blockStem(of: own), stems.contains(stem),
        !names.isHarmless(own)
      else { continue }
      throw ConvertError.unreadTensor(path: path, tensor: name)
    }
  }

  /// The tensor that has all of `names`.
  private static func tensor(
    _ parameter: CheckpointNames.Parameter, _ names: [String], in checkpoint: Checkpoint
  ) throws -> Found {
    let all = try names.compactMap { name in
      try checkpoint.file(of: name).map {
        Found(tensor: try $0.checkpointTensor(name), file: $0)
      }
    }
    for one in all where one.tensor.shape != parameter.shape {
      throw FormatError.wrongShape(
        path: one.file.path, tensor: one.tensor.name, expected: parameter.shape,
        actual: one.tensor.shape)
    }
    guard let first = all.first else {
      throw FormatError.missingTensor(path: checkpoint.path, tensor: parameter.name)
    }
    for other in all.dropFirst() {
      let isIdentical = first.tensor.isIdentical(to: other.tensor) { range in
        for one in [first, other] { one.tensor.releasePages(of: range, in: one.file.file) }
      }
      guard !isIdentical else { continue }
      throw ConvertError.differingCopies(
        path: checkpoint.path, first: first.tensor.name, second: other.tensor.name)
    }
    return first
  }
}
