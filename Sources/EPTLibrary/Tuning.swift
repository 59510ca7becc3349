import CEPTC
import EPTTask
import EPTTrain

/// What a caller wants tuned, copied out of its arrays.
struct TuningRequest {
  let definition: TaskDefinition
  let dataset: Dataset
  let settings: TrainingSettings

  /// - Throws: `LibraryError`, `TaskError.invalidDefinition`, `TrainError.invalidSetting`.
  init(_ tuning: eptc_tuning) throws {
    let fields = try CallerArray.texts(tuning.fields, count: tuning.field_count, "fields")
    let labels = try CallerArray.texts(tuning.labels, count: tuning.label_count, "labels")
    guard !fields.isEmpty else {
      throw LibraryError.argument(name: "fields", reason: "must name one text or more")
    }
    definition = try TaskDiscovery.definition(
      name: CallerArray.path(tuning.name, "name"), fields: fields, labels: labels)
    let train = try Self.examples(tuning.train, fields.count, labels.count, "train")
    let validation = try Self.examples(
      tuning.validation, fields.count, labels.count, "validation")
    dataset = Dataset(rows: train, validation: validation.isEmpty ? nil : validation)
    settings = try TuningSettings.read(
      tuning.settings.map { try CallerArray.path($0, "settings") })
  }

  private static func examples(
    _ rows: eptc_rows, _ fields: Int, _ labels: Int, _ name: String
  ) throws -> [Example] {
    let texts = try CallerArray.rows(rows.texts, rows: rows.count, fields: fields, "\(name).texts")
    guard !texts.isEmpty else { return [] }
    let classes = try Handle.require(rows.labels, "\(name).labels")
    return try texts.enumerated().map { row, values in
      let label = Int(classes[row])
      guard (0..<labels).contains(label) else {
        throw LibraryError.argument(
          name: "\(name).labels",
          reason: "has \(label) for row \(row); it must be from 0 to \(labels - 1)")
      }
      return Example(values: values, label: label)
    }
  }
}

extension eptc_hooks {
  /// The same for a trainer.
  fileprivate var trainerHooks: Trainer.Hooks {
    Trainer.Hooks(
      progress: { state in
        guard let progress else { return }
        var validation = Double.nan
        if case .evaluation(let evaluation, _) = state.event {
          validation = evaluation.score.selection
        }
        var told = eptc_progress(
          step: Int64(state.step), steps: Int64(state.steps ?? 0), loss: state.loss ?? .nan,
          validation: validation)
        progress(&told, context)
      },
      shouldStop: { should_stop?(context) ?? false })
  }
}

@_cdecl("eptc_model_tune")
public func tune(
  _ model: OpaquePointer?, _ tuning: UnsafePointer<eptc_tuning>?,
  _ hooks: UnsafePointer<eptc_hooks>?, _ task: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> eptc_status {
  call(error) {
    let model = try Handle.require(model, as: LibraryModel.self, "model")
    let task = try Handle.require(task, "task")
    let request = try TuningRequest(Handle.require(tuning, "tuning").pointee)
    let backbone = model.backbone
    let trainer = try Trainer(
      model: backbone.model, tokenizer: backbone.tokenizer, identity: backbone.identity,
      task: request.definition, data: request.dataset, settings: request.settings,
      backbonePooling: backbone.pooling)
    let outcome = try trainer.run(hooks?.pointee.trainerHooks ?? Trainer.Hooks())
    // Gradients of two files must not pass for a prompt.
    try backbone.requireUnchanged()
    task.pointee = Handle.give(
      try LibraryTask(outcome.best, name: request.definition.name, on: model))
    return outcome.best.training.isInterrupted ? EPTC_INTERRUPTED : EPTC_OK
  }
}
