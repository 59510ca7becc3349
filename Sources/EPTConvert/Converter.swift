import EPTFormat

/// Makes a `.ept` of a Hugging Face checkpoint.
public struct Converter {
  /// Told the bytes of the checkpoint's tensors done and in all.
  public typealias Progress = (_ done: Int, _ total: Int) -> Void

  /// A weight file, an index of shards, or a folder with either; `config.json` and the
  /// tokenizer's files are beside it.
  public var input: String
  /// The file to make.
  public var output: String
  /// How to store matrices.
  public var encoding: TargetEncoding
  /// Whether an output that is there may be replaced.
  public var replacing: Bool

  public init(
    input: String, output: String, encoding: TargetEncoding = .q8, replacing: Bool = false
  ) {
    self.input = input
    self.output = output
    self.encoding = encoding
    self.replacing = replacing
  }

  /// Checks the checkpoint and says what a conversion would do, without writing.
  ///
  /// - Throws: What `run` throws, but for what shows only in the numbers or in writing.
  public func dryRun() throws -> ConversionSummary {
    try plan().summary
  }

  /// Converts.
  ///
  /// Memory is bounded by a part of one tensor; the output is untouched unless all goes well.
  ///
  /// - Parameter progress: Called after each tensor.
  /// - Returns: What was done.
  /// - Throws: `FormatError`, `ModelError` for the configuration, `TextError` for the tokenizer,
  ///   `ConvertError` for numbers that cannot be weights.
  public func run(progress: @escaping Progress = { _, _ in }) throws -> ConversionSummary {
    let plan = try plan()
    try plan.writer(progress: progress).write(to: output, replacing: replacing)
    return plan.summary
  }

  private func plan() throws -> ConversionPlan {
    let checkpoint = try Checkpoint(path: input)
    if let existing = FileStatus(output) {
      guard replacing || existing.isFolder else { throw FormatError.outputExists(path: output) }
    }
    let plan = try ConversionPlan(checkpoint, encoding: encoding)
    if let existing = FileStatus(output) {
      let sources = plan.summary.provenance.sources.map { "\(checkpoint.folder)/\($0.name)" }
      guard !sources.contains(where: { FileStatus($0) == existing }) else {
        throw ConvertError.outputIsInput(path: output)
      }
    }
    return plan
  }
}
