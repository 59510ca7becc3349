import EPTFormat
import EPTSystem
import Synchronization

/// Makes a `.ept` of a Hugging Face checkpoint.
public struct Converter {
  /// A weight file, an index of shards, or a folder with either, also one of sentence-transformers;
  /// `config.json` and the tokenizer's files are beside the weights.
  public var input: String
  /// The file to make.
  public var output: String
  /// Which encoding to store tensors in.
  public var choice: EncodingChoice
  /// Whether an output that is there may be replaced.
  public var replacing: Bool
  /// How many threads to use; the output does not depend on it.
  public var threads: Int

  /// Says what to convert and how; nothing is read yet.
  public init(
    input: String, output: String, choice: EncodingChoice = EncodingChoice(),
    replacing: Bool = false, threads: Int = 1
  ) {
    self.input = input
    self.output = output
    self.choice = choice
    self.replacing = replacing
    self.threads = threads
  }

  /// Checks the checkpoint and says what a conversion would do, without writing.
  ///
  /// - Throws: What `run` throws, but for what shows only in the numbers or in writing.
  public func dryRun() throws -> ConversionSummary {
    let plan = try plan()
    return try summary(of: plan, plan.writer().dryRun(threads: threads))
  }

  /// Converts.
  ///
  /// Memory is bounded by some parts of tensors; the output is untouched unless all goes well.
  ///
  /// - Parameters:
  ///   - isComparing: Whether to decode the output afterwards and say how far it is from the checkpoint.
  ///   - progress: Told now and then the parts done and in all.
  /// - Returns: What was done.
  /// - Throws: `FormatError`, `ModelError` for the configuration, `TextError` for the tokenizer,
  ///   `ConvertError` for numbers that cannot be weights.
  public func run(
    comparingWithSource isComparing: Bool = false,
    progress: ContainerWriter.Progress = { _, _ in }
  ) throws -> ConversionSummary {
    let plan = try plan()
    let result = try plan.writer().write(
      to: output, replacing: replacing, threads: threads, progress: progress)
    var summary = try summary(of: plan, result)
    if isComparing { try compare(plan, &summary) }
    return summary
  }

  /// Reads the output and puts its errors into `summary`.
  private func compare(_ plan: ConversionPlan, _ summary: inout ConversionSummary) throws {
    let file = try BackboneFile(path: output)
    let errors = Mutex([TensorDifference?](repeating: nil, count: plan.encoders.count))
    try Parallel.forEach(plan.encoders.count, threads: threads) { index in
      let encoder = plan.encoders[index]
      let error = try TensorDifference(file.tensor(encoder.name), encoder.source) {
        encoder.source.releasePages(of: $0, in: encoder.file)
      }
      errors.withLock { $0[index] = error }
    }
    for (index, error) in errors.withLock({ $0 }).enumerated() {
      summary.tensors[index].error = error
    }
  }

  private func plan() throws -> ConversionPlan {
    let checkpoint = try Checkpoint(path: input)
    if let existing = FileStatus(output) {
      guard replacing || existing.isFolder else { throw SystemError.outputExists(path: output) }
    }
    let plan = try ConversionPlan(checkpoint, choice: choice, threads: threads)
    if let existing = FileStatus(output) {
      let paths = plan.sources.paths + [checkpoint.path] + checkpoint.modules.files
      guard !paths.contains(where: { FileStatus($0) == existing }) else {
        throw ConvertError.outputIsInput(path: output)
      }
    }
    return plan
  }

  private func summary(
    of plan: ConversionPlan, _ result: ContainerWriter.Result
  ) throws -> ConversionSummary {
    let records = Dictionary(
      result.records.map { (ByteName($0.name), $0) }, uniquingKeysWith: { first, _ in first })
    return try ConversionSummary(
      architecture: plan.architecture,
      tensors: plan.encoders.map {
        .init(
          name: $0.name, shape: $0.source.shape, sourceType: $0.source.typeName,
          encoding: $0.encoding, codec: records[ByteName($0.name)]?.codec ?? .raw,
          sourceSize: $0.source.byteCount,
          storedSize: records[ByteName($0.name)]?.storedSize ?? 0,
          error: nil)
      },
      dropped: plan.dropped, pooling: plan.pooling, notes: plan.notes,
      provenance: plan.sources.provenance, outputSize: result.byteCount)
  }
}
