import EPTFormat
import EPTModel
import EPTTask
import EPTTrain
import Glibc

/// Trains as `eptc tune` does, one step a round.
///
/// Texts are tokenized, a step is made, parameters advance.
enum TuneWorker {
  /// What is trained on, and how.
  struct Plan {
    let model: String
    /// `ept`; `pt`: a prompt of 100 tokens and nothing else; `depth`: projections after every block and
    /// no prompt.
    let method: String
    let batch: Int
    let threads: Int
    /// All texts are exactly this long; nil: as long as they are.
    let length: Int?
    /// A file of SST-2, read in order.
    let rows: String
    /// How many batches of it are used.
    let batches: Int
  }

  static func run(_ plan: Plan) throws {
    let task = try TaskCatalogue.task(named: "sst2")
    var rows = Array(try Dataset.read(plan.rows, task).prefix(plan.batches * plan.batch))
    if plan.length != nil {
      // Longer than any length asked for: the encoder cuts all of them at the same place.
      let long = [String](repeating: "film", count: 600).joined(separator: " ")
      rows = rows.prefix(plan.batch).map { Example(values: [long], label: $0.label) }
    }
    let backbone = try LoadedBackbone(path: plan.model, threads: plan.threads)
    let trainer = try Trainer(
      model: backbone.model, tokenizer: backbone.tokenizer, identity: backbone.identity,
      task: task, data: Dataset(train: rows, validation: [rows[0]], test: []),
      settings: settings(plan))
    let clock = ContinuousClock()
    var start = clock.now
    let hooks = Trainer.Hooks(progress: { progress in
      if case .step = progress.event {
        Worker.say(seconds: start.duration(to: clock.now) / .seconds(1), items: plan.batch)
      } else {
        Worker.say(["ready": true])
      }
      guard Worker.waitForGo() else { exit(0) }
      start = clock.now
    })
    _ = try trainer.run(hooks)
  }

  private static func settings(_ plan: Plan) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.steps = 1 << 24
    settings.evaluationInterval = 1 << 24
    settings.batch = plan.batch
    settings.inputLength = plan.length
    switch plan.method {
    case "pt": settings.method = .pt
    case "depth": (settings.depth, settings.promptLength) = (.all, 0)
    default: settings.promptLength = 40
    }
    return settings
  }
}
