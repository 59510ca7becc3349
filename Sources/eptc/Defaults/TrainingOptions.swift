import ArgumentParser
import EPTTrain

/// The free choices of a training run, as flags.
struct TrainingOptions: ParsableArguments {
  @Option(help: "Steps. (default: until validation has stopped improving)")
  var steps: Int?

  @Option(help: "Texts a step.")
  var batch = Self.defaults.batch

  @Option(help: "Of all random choices.")
  var seed = Self.defaults.seed

  @Option(
    help: "Steps of rising learning rate. (default: a tenth of --steps, at most 500; 100 without)")
  var warmUp: Int?

  @Option(help: "Steps between evaluations. (default: 100, or a quarter of --steps)")
  var evaluateEvery: Int?

  @Option(help: "Evaluations without gain that end a run without --steps.")
  var patience = Self.defaults.patience

  @Option(help: "Steps after which a run without --steps ends at the latest.")
  var longestRun = Self.defaults.longestRun

  @Option(help: "Rows of the short prompt (s).")
  var promptLength = Self.defaults.promptLength

  @Option(help: "Longest input in tokens (n). (default: the task's, as the backbone has positions)")
  var inputLength: Int?

  @Option(help: "Rank of the low-rank pair (r); 0 leaves it out. (default: what the budget leaves)")
  var rank: Int?

  @Option(help: "Number of subspaces (K); 0 leaves them and the gate out.")
  var subspaces = Self.defaults.subspaces

  @Option(help: "Width of a subspace (k).")
  var subspaceWidth = Self.defaults.subspaceWidth

  @Option(help: "The budget: as many numbers as a plain prompt of this length (l) has.")
  var nominalLength = Self.defaults.nominalLength

  @Option(help: "Scale of the low-rank pair (alpha).")
  var alpha = Self.defaults.alpha

  @Flag(inversion: .prefixedNo, help: "Let the short prompt attend to the low-rank rows.")
  var fusion = Self.defaults.usesFusion

  @Option(help: "Learning rate of the short prompt. (default: 0.045 x RMS of the embeddings)")
  var promptRate: Float?

  @Option(
    help: "Learning rate of the low-rank pair. (default: 5e-3 x root of that RMS, at most 5e-3)")
  var lowRankRate: Float?

  @Option(
    help: "Learning rate of subspaces and gate. (default: as the pair's, but at least 2e-3)")
  var subspaceRate: Float?

  @Option(help: "Learning rate of an encoder's head. (default: 3e-3)")
  var headRate: Float?

  @Option(help: "Decoupled weight decay.")
  var weightDecay = Self.defaults.weightDecay

  @Option(help: "Largest norm of the whole gradient.")
  var clip = Self.defaults.gradientClip

  private static let defaults = TrainingSettings()

  /// Refuses values that cannot work.
  func validate() throws {
    do {
      try settings.validate()
    } catch let error as TrainError {
      throw ValidationError("\(error)")
    }
  }

  /// The flags as the trainer takes them.
  var settings: TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = steps
    settings.batch = batch
    settings.seed = seed
    settings.warmUp = warmUp
    settings.evaluationInterval = evaluateEvery
    settings.patience = patience
    settings.longestRun = longestRun
    settings.promptLength = promptLength
    settings.inputLength = inputLength
    settings.rank = rank
    settings.subspaces = subspaces
    settings.subspaceWidth = subspaceWidth
    settings.nominalLength = nominalLength
    settings.alpha = alpha
    settings.usesFusion = fusion
    settings.promptRate = promptRate
    settings.lowRankRate = lowRankRate
    settings.subspaceRate = subspaceRate
    settings.headRate = headRate
    settings.weightDecay = weightDecay
    settings.gradientClip = clip
    return settings
  }
}
