import ArgumentParser
import EPTInfer
import EPTTask

struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Turn a stream of texts into vectors: one in, one vector out, in order.",
    discussion: """
      Reads standard input, one text a line, or other records' field "text". The vector is pooled from \
      the encoder's last hidden states, after a bundle's prompt and in its task's template if one is \
      named, and has length 1. --similarity reads pairs, between tabs or called "text1" and "text2", and \
      tells the cosine of each. docs/how-to/embed.md tells the rest.
      """)

  @Argument(help: ArgumentHelp("A tuned task, to embed after its prompt.", valueName: "file.eptb"))
  var bundle: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The same as an option.", valueName: "file.eptb"))
  var prompt: String?

  @OptionGroup var backbone: BackboneOptions
  @OptionGroup var input: StreamInputOptions
  @OptionGroup var embedding: EmbeddingOptions

  @Option(
    help: """
      What to do about a record that cannot be embedded: stop, skip (an empty vector in its place, in \
      npy one of NaN) or record (what is wrong in its place).
      """)
  var onError: StreamSettings.FaultHandling = .stop

  @Option(help: "At most this many records are embedded together.")
  var batch = 256

  @Flag(help: "Say nothing on standard error but errors.")
  var quiet = false

  /// The bundle's path; nil for the backbone alone.
  private var bundlePath: String? { bundle ?? prompt }

  func validate() throws {
    guard (1...65_536).contains(batch) else {
      throw ValidationError("--batch must be from 1 to 65536.")
    }
    if let bundle, let prompt {
      throw ValidationError("Name the bundle once: \(bundle) or --prompt \(prompt).")
    }
    if bundlePath != nil, embedding.inputLength != nil {
      throw ValidationError("--input-length is for texts without a bundle; a bundle has its own.")
    }
    if embedding.chosenFormat == .npy, onError == .record {
      throw ValidationError(
        "--on-error record needs --format jsonl or tsv: an array holds no text.")
    }
  }

  func run() throws {
    let input = try input.open()
    let bundles = try PromptSource(files: bundlePath.map { [$0] } ?? []).read()
    let model = try backbone.path(for: bundles.backbones)
    let target = try embedding.target(
      inputs: [model, bundlePath, self.input.input].compactMap { $0 })
    let loaded = try LoadedBackbone(
      path: model, threads: backbone.threadCount, precision: backbone.precision)
    var settings = StreamSettings()
    settings.batch = batch
    settings.embedding = embedding.settings
    settings.onFault = onError
    settings.keepsFields = embedding.keep
    let output = try target.open(dimensions: loaded.model.hiddenSize)
    var display = StreamDisplay(
      isQuiet: quiet, inputSize: input.size, writesFile: target.file != nil)
    let stream = try AnswerStream(
      input, as: self.input.format, prompts: bundles, on: loaded, to: output.writer,
      settings: settings
    ) { _ in }
    if !quiet { stream.formatFound = { report($0) } }
    do {
      let counts = try stream.run { display.show($0, bytesRead: input.position.bytes) }
      try output.commit()
      display.end(counts)
    } catch InferError.closedOutput {
      // `eptc embed | head` is no failure.
      display.clear()
    } catch {
      display.clear()
      throw error
    }
  }
}
