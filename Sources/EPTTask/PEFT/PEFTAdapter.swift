import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem

/// A soft prompt as Hugging Face's PEFT, or DePT's fork of it, saves one in a folder.
public struct PEFTAdapter: Sendable {
  /// Prompt, and DePT's low-rank pair; neither fusion nor subspaces.
  ///
  /// `inputLength` is the rows of `A`, 1 without a pair.
  public let prompt: EPTPrompt
  /// The backbone's name in the configuration.
  public let baseModel: String

  private static let configurationName = "adapter_config.json"
  private static let promptName = "prompt_embeddings"
  private static let pairNames = (
    a: "prompt_encoder.lora_embedding_A", b: "prompt_encoder.lora_embedding_B"
  )
  /// More than any sensible size, and small enough that products of two cannot overflow.
  private static let largestSize = 1 << 20

  /// Reads the adapter in `folder`: `adapter_config.json` with `adapter_model.safetensors` or
  /// PyTorch's `adapter_model.bin`.
  ///
  /// - Throws: `TaskError.unusablePrompt` for another kind of adapter; `FormatError` for files
  ///   that are missing or damaged.
  public init(folder: String) throws {
    let path = "\(folder)/\(Self.configurationName)"
    let configuration = try Self.configuration(path)
    func fault(_ reason: String) -> TaskError { .unusablePrompt(path: path, reason: reason) }
    func size(_ key: String) throws -> Int {
      guard let size = configuration[key]?.integer, (1...Self.largestSize).contains(size) else {
        throw fault("\"\(key)\" must be a whole number of 1 or more")
      }
      return size
    }
    let type = configuration["peft_type"]?.string ?? "none"
    guard ["PROMPT_TUNING", "PROMPT_TUNING_LORA"].contains(type) else {
      throw fault("its peft_type is \(type); a prompt of PROMPT_TUNING or DePT is needed")
    }
    let (length, hiddenSize) = (try size("num_virtual_tokens"), try size("token_dim"))
    let weights = try Self.weights(folder)
    let embeddings = try weights.tensor(Self.promptName)
    // With two submodules PEFT keeps rows for the decoder, too, which it then does not use.
    let isWhole =
      embeddings.shape == [length, hiddenSize] || embeddings.shape == [2 * length, hiddenSize]
    guard isWhole else {
      throw FormatError.wrongShape(
        path: weights.path, tensor: Self.promptName, expected: [length, hiddenSize],
        actual: embeddings.shape)
    }
    let rows = Array(try embeddings.floats().prefix(length * hiddenSize))
    let pair = try Self.pair(weights, hiddenSize: hiddenSize)
    let shape = PromptShape(
      promptLength: length, inputLength: pair?.a.rows ?? 1, hiddenSize: hiddenSize,
      rank: pair?.b.rows ?? 0, subspaces: 0, subspaceWidth: 0)
    let alpha = configuration["lora_alpha"]?.number.map { Float($0) } ?? 8
    var prompt = EPTPrompt(shape: shape, alpha: alpha, usesFusion: false)
    prompt[.shortPrompt].values = rows
    if let pair { (prompt[.lowRankA], prompt[.lowRankB]) = pair }
    guard alpha.isFinite,
      PromptPart.allCases.allSatisfy({ prompt[$0].values.allSatisfy(\.isFinite) })
    else {
      throw TaskError.unusablePrompt(path: weights.path, reason: "a number is not finite")
    }
    self.prompt = prompt
    baseModel = configuration["base_model_name_or_path"]?.string ?? "an unnamed model"
  }

  private static func configuration(_ path: String) throws -> JSON {
    let file = try MappedFile(path: path)
    try file.refuseStandIn(for: "an adapter's configuration")
    do {
      return try file.withBytes { try JSON(parsing: $0) }
    } catch let error as JSONError {
      throw FormatError.corrupt(
        path: path, location: "byte \(error.offset)", reason: "not JSON: \(error.reason)")
    }
  }

  /// The tensors: PEFT's own file if it is there, else PyTorch's.
  private static func weights(_ folder: String) throws -> any WeightSource {
    do {
      return try SafetensorsFile(path: "\(folder)/adapter_model.safetensors")
    } catch SystemError.missingFile {
      do {
        return try PyTorchFile(path: "\(folder)/adapter_model.bin")
      } catch SystemError.missingFile(let path, _) {
        throw SystemError.missingFile(
          path: path, hint: "neither it nor adapter_model.safetensors is there")
      }
    }
  }

  /// DePT's `A` [n, r] and `B` [r, d], nil in an adapter of PEFT itself.
  private static func pair(
    _ weights: any WeightSource, hiddenSize: Int
  ) throws -> (a: Matrix, b: Matrix)? {
    guard weights.tensorNames.contains(pairNames.a) || weights.tensorNames.contains(pairNames.b)
    else { return nil }
    let a = try weights.tensor(pairNames.a)
    let b = try weights.tensor(pairNames.b)
    guard a.shape.count == 2, a.shape.allSatisfy({ (1...largestSize).contains($0) }) else {
      throw FormatError.wrongShape(
        path: weights.path, tensor: pairNames.a, expected: [256, 30], actual: a.shape)
    }
    guard b.shape == [a.shape[1], hiddenSize] else {
      throw FormatError.wrongShape(
        path: weights.path, tensor: pairNames.b, expected: [a.shape[1], hiddenSize], actual: b.shape
      )
    }
    return (
      Matrix(rows: a.shape[0], columns: a.shape[1], values: try a.floats()),
      Matrix(rows: b.shape[0], columns: hiddenSize, values: try b.floats())
    )
  }
}
