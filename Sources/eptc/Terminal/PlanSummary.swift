import EPTFormat
import EPTTask
import EPTTrain

/// What a training run is going to do, every choice made.
struct PlanSummary {
  let task: TaskDefinition
  let backbone: BackboneIdentity
  let plan: TrainingPlan
  let data: Dataset

  init(_ trainer: Trainer, on backbone: BackboneIdentity) {
    (task, plan, data) = (trainer.task, trainer.plan, trainer.data)
    self.backbone = backbone
  }

  /// How many training rows each class has; of tags how many words.
  var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: task.labels.count)
    for example in data.train {
      let labels = task.labelForm == .one ? [example.label] : example.labels
      for label in labels where label < counts.count { counts[label] += 1 }
    }
    return counts
  }

  /// The plan as an object.
  var json: JSON {
    let shape = plan.shape
    return [
      "task": .string(task.name),
      "backbone": .string("\(backbone)"),
      "rows": [
        "train": .integer(data.train.count), "validation": .integer(data.validation.count),
        "test": .integer(data.test.count), "passed_over": .integer(data.skippedRows),
      ],
      "classes": .object(
        zip(task.labels, classCounts).map { JSONMember($0.word, .integer($1)) }),
      "prompt": [
        "prompt_length": .integer(shape.promptLength),
        "input_length": .integer(shape.inputLength), "width": .integer(shape.hiddenSize),
        "rank": .integer(shape.rank), "subspaces": .integer(shape.subspaces),
        "subspace_width": .integer(shape.subspaceWidth),
        "alpha": .number(Double(plan.alpha)), "fusion": .bool(plan.usesFusion),
        "fusion_scale": .number(Double(plan.fusionScale)),
      ],
      "parameters": .integer(plan.parameterCount),
      "budget": .integer(plan.budget),
      "settings": plan.json,
    ]
  }

  /// The plan as a log's first line.
  var logLine: JSON { .object([JSONMember("event", "plan")] + (json.object ?? [])) }

  /// The plan for people.
  var lines: [String] {
    let (shape, rates) = (plan.shape, plan.rates)
    var lines = [
      "\(task.name) on \(backbone): \(data.train.count) training, \(data.validation.count) "
        + "validation, \(data.test.count) test rows",
      "training \(task.labelForm == .tags ? "words" : "rows"): \(classes)",
    ]
    if let positive = task.positiveClass {
      lines.append("metric \(task.metric.rawValue), positive class \(task.labels[positive].word)")
    }
    if data.skippedRows > 0 {
      lines.append("passed over \(data.skippedRows) rows that the official file has broken")
    }
    lines.append(
      "method \(plan.settings.method.rawValue): s=\(shape.promptLength) n=\(shape.inputLength) "
        + "d=\(shape.hiddenSize) r=\(shape.rank) K=\(shape.subspaces) k=\(shape.subspaceWidth): "
        + "\(plan.parameterCount) numbers (budget \(plan.budget))"
        + (task.labelForm == .tags ? "" : plan.pooling.map { ", \($0.rawValue) pooling" } ?? "")
        + (plan.head.map { $0.isPlain ? "" : ", \($0)" } ?? ""))
    if let depth = shape.depth {
      lines.append(
        "in depth: \(depth.encoderBlocks) encoder and \(depth.decoderBlocks) decoder blocks, "
          + "K=\(depth.subspaces) k=\(depth.subspaceWidth): "
          + "\(depth.parameterCount(hiddenSize: shape.hiddenSize)) of these numbers, outside the budget"
      )
    }
    if plan.isSolved {
      lines.append(
        "the head is solved (L-BFGS) for \(plan.steps ?? 0) strengths of its penalty; the least "
          + "validation loss chooses")
    } else {
      lines.append(
        "learning rates: prompt \(rates.prompt), low-rank \(rates.lowRank), "
          + "subspaces \(rates.subspaces), depth \(rates.depth), head \(rates.head); "
          + "the embeddings' RMS is \(plan.embeddingRMS)")
      if plan.choice == .loss {
        lines.append(
          "fewer than \(Evaluation.Choice.fewRows) validation rows: their loss chooses the best step"
        )
      }
    }
    return lines
  }

  /// The classes from the most frequent to the rarest, with their shares.
  private var classes: String {
    if task.labels.isEmpty {
      let numbers = data.train.map { $0.number(task) }
      let mean = numbers.reduce(0, +) / Double(max(1, numbers.count))
      return "numbers from \(WrittenNumber.text(numbers.min() ?? 0)) to "
        + "\(WrittenNumber.text(numbers.max() ?? 0)), mean \(WrittenNumber.text(mean))"
    }
    let total = max(
      1, task.labelForm == .tags ? classCounts.reduce(0, +) : data.train.count)
    let counted = zip(task.labels, classCounts).sorted { $0.1 > $1.1 }
    let shown = counted.prefix(5).map { label, count in
      "\(label.word) \(count) (\(MetricScore.percent(Double(count) / Double(total)))%)"
    }
    let rest = counted.count > 5 ? ", and \(counted.count - 5) more classes" : ""
    return shown.joined(separator: ", ") + rest
  }
}
