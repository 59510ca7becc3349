import ArgumentParser
import EPTModel
import EPTTask
import EPTTrain

extension TuningMethod: ExpressibleByArgument {}
extension ScheduleShape: ExpressibleByArgument {}
extension Pooling: ExpressibleByArgument {}
extension Calibration: ExpressibleByArgument {}

/// How an encoder reads the two texts of a pair, or that both ways are tried.
enum PairOption: String, CaseIterable, ExpressibleByArgument {
  case joined, apart, auto
}

/// The free choices of a training run, as flags.
struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What is trained: ept (short prompt, low-rank pair, fusion, subspaces, gate), dept (short prompt \
      and pair), pt (a long prompt alone) or head (a linear head on the frozen states, solved; by steps \
      with --steps).
      """))
  var method = Self.defaults.method

  @Option(help: "Steps. (default: until validation has stopped improving)")
  var steps: Int?

  @Option(help: "Texts whose gradient is computed at once.")
  var batch = Self.defaults.batch

  @Option(help: "Batches that make one step.")
  var accumulate = Self.defaults.accumulation

  @Option(help: "Of all random choices.")
  var seed = Self.defaults.seed

  @Option(
    help: ArgumentHelp(
      "Several runs; the bundle is that of the best by validation.", valueName: "1,2,3"),
    transform: SeedList.init)
  var seeds: SeedList?

  @Option(
    help: ArgumentHelp(
      "Learn from this many rows a class, drawn by the seed. (default: all)", valueName: "k"))
  var shots: Int?

  @Option(help: "How the rates fall after the warm-up; without --steps, at the end.")
  var schedule = Self.defaults.schedule

  @Option(
    help: "Steps of rising learning rate. (default: a tenth of --steps, at most 500; 100 without)")
  var warmUp: Int?

  @Option(help: "Steps between evaluations. (default: 100, or a quarter of --steps)")
  var evaluateEvery: Int?

  @Option(
    help: """
      Evaluations without gain that end the run. (default: 5 without --steps, else none)
      """)
  var patience: Int?

  @Option(help: "Steps after which a run without --steps ends at the latest.")
  var longestRun = Self.defaults.longestRun

  @Option(
    help: ArgumentHelp(
      """
      How much the rows of each class weigh: balanced (all classes the same), or a file with a label and \
      its weight in each line. (default: each row the same)
      """, valueName: "balanced|file"))
  var classWeights: String?

  @Option(
    help: """
      Whether probabilities are calibrated by a temperature fitted on the validation rows: auto (where \
      that lowers their loss), on or off. No answer changes.
      """)
  var calibrate = Self.defaults.calibration

  @Option(
    help: """
      What an encoder's head reads: the mean of the text's states, the first (cls) or the last. \
      (default: as the backbone's checkpoint says, else mean)
      """)
  var pooling: Pooling?

  @Option(
    help: """
      How an encoder reads the two texts of a pair: joined (as one input), apart (each alone; the head \
      reads u, v, |u - v| and u * v, or the cosine where the answer is a number) or auto (both are \
      trained, validation chooses). (default: apart where the answer is a number, else joined)
      """)
  var pair: PairOption?

  @Option(help: "Rows of the prompt (s). (default: ept 10, dept 40, pt l)")
  var promptLength: Int?

  @Option(help: "Longest input in tokens (n). (default: the task's, as the backbone has positions)")
  var inputLength: Int?

  @Option(help: "Rank of the low-rank pair (r); 0 leaves it out. (default: what the budget leaves)")
  var rank: Int?

  @Option(help: "Number of subspaces (K); 0 leaves them and the gate out. (default: 4 for ept)")
  var subspaces: Int?

  @Option(help: "Width of a subspace (k). (default: 1, or 4 before label words)")
  var subspaceWidth: Int?

  @Option(help: "The budget: as many numbers as a plain prompt of this length (l) has.")
  var nominalLength = Self.defaults.nominalLength

  @Option(help: "Scale of the low-rank pair (alpha). (default: 8)")
  var alpha: Float?

  @Flag(
    inversion: .prefixedNo,
    help: "Let the short prompt attend to the low-rank rows. (default: for ept)")
  var fusion: Bool?

  @Option(
    help: "Factor of fusion's scores. (default: 1 / RMS of the embeddings, at least 1)")
  var fusionScale: Float?

  @Option(
    help: ArgumentHelp(
      """
      Blocks that are followed by a gated projection: all, last:M (the last M of the encoder, and of \
      the decoder) or none. With --prompt-length 0 nothing else is trained. (default: none; all, without \
      a prompt, for ept before a head where no flag concerns a prompt)
      """, valueName: "all|last:M|none"), transform: depthChoice)
  var depth: DepthChoice?

  @Option(help: "Subspaces of each such projection; 1 has no gate. (default: 4)")
  var depthSubspaces: Int?

  @Option(help: "Width of each of those subspaces. (default: 1)")
  var depthWidth: Int?

  @Option(help: "Learning rate of those projections. (default: 2e-3, or 5e-3 before label words)")
  var depthRate: Float?

  @Option(help: "Learning rate of the prompt. (default: 0.045 x RMS of the embeddings)")
  var promptRate: Float?

  @Option(
    help: "Learning rate of the low-rank pair. (default: 5e-3 x root of that RMS, at most 5e-3)")
  var lowRankRate: Float?

  @Option(
    help: "Learning rate of subspaces and gate. (default: as the pair's, but at least 2e-3)")
  var subspaceRate: Float?

  @Option(help: "Learning rate of an encoder's head. (default: 1e-2)")
  var headRate: Float?

  @Option(help: "Decoupled weight decay.")
  var weightDecay = Self.defaults.weightDecay

  @Option(help: "Largest norm of the whole gradient.")
  var clip = Self.defaults.gradientClip

  private static let defaults = TrainingSettings()

  private static func depthChoice(_ argument: String) throws -> DepthChoice {
    guard let choice = DepthChoice(argument) else {
      throw ValidationError("it is all, none, or last:M with M from 1 to 1024")
    }
    return choice
  }

  /// Refuses values that cannot work.
  func validate() throws {
    do {
      try settings.validate()
    } catch let error as TrainError {
      throw ValidationError(FlagNames.message(error))
    }
  }

  /// How the texts of a pair are read, run after run; nil for the default.
  ///
  /// Only an encoder's task of two texts has two ways.
  func pairs(isPair: Bool, hasHead: Bool) -> [PairReading?] {
    switch pair {
    case nil: [nil]
    case .joined: [.joined]
    case .apart: [.apart]
    case .auto: isPair && hasHead ? [.joined, .apart] : [nil]
    }
  }

  /// The seeds to run, one after another.
  var runSeeds: [UInt64] { seeds?.values ?? [seed] }

  /// The file that the options name.
  var inputs: [String] { classWeights.flatMap { $0 == "balanced" ? nil : [$0] } ?? [] }

  /// The class weights for `task`.
  ///
  /// - Throws: `TaskError` or `SystemError` for the file.
  func weights(for task: TaskDefinition) throws -> ClassWeights? {
    guard let classWeights else { return nil }
    return classWeights == "balanced" ? .balanced : try ClassWeights.read(classWeights, for: task)
  }

  /// The flags as the trainer takes them.
  var settings: TrainingSettings {
    var settings = TrainingSettings()
    settings.method = method
    settings.steps = steps
    settings.batch = batch
    settings.accumulation = accumulate
    settings.seed = seed
    settings.shots = shots
    settings.schedule = schedule
    settings.warmUp = warmUp
    settings.evaluationInterval = evaluateEvery
    settings.patience = patience
    settings.longestRun = longestRun
    settings.calibration = calibrate
    settings.pooling = pooling
    settings.promptLength = promptLength
    settings.inputLength = inputLength
    settings.rank = rank
    settings.subspaces = subspaces
    settings.subspaceWidth = subspaceWidth
    settings.nominalLength = nominalLength
    settings.alpha = alpha
    settings.fusionScale = fusionScale
    settings.usesFusion = fusion
    settings.depth = depth
    settings.depthSubspaces = depthSubspaces
    settings.depthWidth = depthWidth
    settings.depthRate = depthRate
    settings.promptRate = promptRate
    settings.lowRankRate = lowRankRate
    settings.subspaceRate = subspaceRate
    settings.headRate = headRate
    settings.weightDecay = weightDecay
    settings.gradientClip = clip
    return settings
  }
}

/// Seeds as `1,2,3`.
struct SeedList {
  let values: [UInt64]

  /// - Throws: `ValidationError`.
  init(_ argument: String) throws {
    let fields = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = fields.compactMap { UInt64($0) }
    guard values.count == fields.count else {
      throw ValidationError("it is whole numbers with commas between, such as 1,2,3")
    }
    guard Set(values).count == values.count else {
      throw ValidationError("a seed stands twice, which would be the same run")
    }
  }
}
