import EPTFormat
import EPTModel
import EPTSystem

/// Writes a bundle's prompt as PEFT's prompt tuning saves one.
public enum PEFTExport {
  /// Writes `adapter_config.json` and `adapter_model.safetensors` into `folder`, which is made if
  /// it is not there; both or none.
  ///
  /// Fusion, subspaces and gate are folded in, which loses nothing. A low-rank pair, a head or
  /// projections after blocks have no place in PEFT's prompt tuning.
  ///
  /// - Parameters:
  ///   - bundle: The bundle.
  ///   - bundlePath: The bundle's file, for messages.
  ///   - folder: Where to write.
  ///   - baseModel: The name or path under which PEFT's user loads the backbone.
  ///   - replacing: Whether files that are there may be replaced.
  /// - Throws: `TaskError.unusablePrompt` for a prompt with a low-rank pair, with a head, with
  ///   projections after blocks or without rows; `SystemError.outputExists` or `.system`.
  public static func write(
    _ bundle: TaskBundle, from bundlePath: String, to folder: String, baseModel: String?,
    replacing: Bool
  ) throws {
    func refuse(_ reason: String) -> TaskError {
      .unusablePrompt(path: bundlePath, reason: reason)
    }
    guard bundle.prompt.shape.depth == nil else {
      throw refuse(
        "its projections after blocks change hidden states, which PEFT's prompt tuning cannot do;"
          + " tune without them (depth none)")
    }
    guard case .labelWords = bundle.readout else {
      throw refuse(
        "its answers come from a linear head, which PEFT's prompt tuning does not keep;"
          + " export a bundle that scores label words (T5, Llama)")
    }
    guard bundle.prompt.shape.promptLength > 0 else {
      throw refuse("it has no prompt rows")
    }
    let pair = bundle.prompt.shape.rank > 0 && bundle.prompt[.lowRankB].values.contains { $0 != 0 }
    guard !pair else {
      throw refuse(
        "its low-rank pair changes the text's embeddings, which PEFT's prompt tuning cannot do;"
          + " tune with method pt, or with rank 0")
    }
    let prompt = bundle.prompt.folded().prompt
    let configuration: JSON = [
      "base_model_name_or_path": .string(baseModel ?? bundle.backbone.name),
      "inference_mode": true,
      "num_transformer_submodules": 1,
      "num_virtual_tokens": .integer(prompt.rows),
      "peft_type": "PROMPT_TUNING",
      // The rows are in the other file, however they were started.
      "prompt_tuning_init": "RANDOM",
      "task_type": .string(
        ArchitectureRegistry.continuesText(bundle.backbone.architecture)
          ? "CAUSAL_LM" : "SEQ_2_SEQ_LM"),
      "token_dim": .integer(prompt.columns),
    ]
    var weights = SafetensorsWriter(metadata: [("format", "pt")])
    weights.add("prompt_embeddings", shape: [prompt.rows, prompt.columns], prompt.values)
    let isNew = FileStatus(folder) == nil
    try OutputFolder.make(folder)
    do {
      try write(
        [
          ("adapter_model.safetensors", weights.serialized()),
          ("adapter_config.json", Array((configuration.serialized(indented: true) + "\n").utf8)),
        ], to: folder, replacing: replacing)
    } catch {
      if isNew { OutputFolder.removeEmpty(folder) }
      throw error
    }
  }

  /// Writes all of `files` into `folder`, or none.
  private static func write(
    _ files: [(name: String, bytes: [UInt8])], to folder: String, replacing: Bool
  ) throws {
    let written = try files.map { name, bytes in
      let file = try AtomicFile(path: "\(folder)/\(name)", replacing: replacing)
      try bytes.withUnsafeBytes { try file.write($0, at: 0) }
      return file
    }
    try AtomicFile.commit(written)
  }
}
