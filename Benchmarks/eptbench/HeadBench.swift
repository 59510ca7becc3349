import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTask
import EPTTrain

/// Fits a head on a task's vectors, and writes these for `Benchmarks/head/compare.py`.
///
/// `FOLDER/train.f32`, `validation.f32` and `test.f32` hold the vectors, `[rows, d]` in binary32;
/// `about.json` the labels, the sizes, and what each strength has given.
enum HeadBench {
  private static let batch = 64

  static func run(
    model: String, task name: String, data: String, rows limit: Int, threads: Int, folder: String
  ) throws {
    let backbone = try LoadedBackbone(path: model, threads: threads)
    let task = try TaskCatalogue.task(named: name)
      .limited(to: min(256, backbone.model.positions ?? 256))
    let location = try DataLocation.find(task, data: data, environment: [:])
    let dataset = try Dataset(task, in: location)
    let encoder = InputEncoder(
      task, backbone.tokenizer, hasDecoder: backbone.model.hasDecoder)
    var random = RandomNumbers(.order, 1)
    let drawn = random.shuffled(dataset.train.count).prefix(limit).sorted()
    let sets = [
      ("train", drawn.map { dataset.train[$0] }), ("validation", dataset.validation),
      ("test", dataset.test),
    ]
    let clock = ContinuousClock()
    var vectors: [Matrix] = []
    var about = [JSONMember("columns", .integer(backbone.model.hiddenSize))]
    let embedding = try clock.measure {
      for (_, examples) in sets {
        var values: [Float] = []
        for start in stride(from: 0, to: examples.count, by: batch) {
          let texts = examples[start..<min(examples.count, start + batch)]
          values += try backbone.model.pooledStates(
            TokenBatch(texts.map { encoder.tokens($0.values) }), by: backbone.pooling ?? .mean
          ).values
        }
        vectors.append(
          Matrix(rows: examples.count, columns: backbone.model.hiddenSize, values: values))
      }
    }
    for ((name, examples), matrix) in zip(sets, vectors) {
      let bytes = matrix.values.withUnsafeBytes { Array($0) }
      try AtomicFile.write(bytes, to: "\(folder)/\(name).f32", replacing: true)
      about.append(JSONMember(name, .array(examples.map { .integer($0.label) })))
    }
    let (fits, seconds) = fits(vectors, sets.map(\.1), task, threads: threads)
    about += [
      JSONMember("classes", .integer(task.labels.count)),
      JSONMember("metric", .string(task.metric.rawValue)),
      JSONMember("open_blas", .bool(OpenBLAS.shared != nil)),
      JSONMember("embedding_seconds", .number(embedding / .seconds(1))),
      JSONMember("seconds", .number(seconds)), JSONMember("fits", .array(fits)),
    ]
    try AtomicFile.write(
      Array(JSON.object(about).serialized().utf8), to: folder + "/about.json", replacing: true)
  }

  /// What each strength gives, and the seconds of all, preparation included.
  private static func fits(
    _ vectors: [Matrix], _ sets: [[Example]], _ task: TaskDefinition, threads: Int
  ) -> (fits: [JSON], seconds: Double) {
    let clock = ContinuousClock()
    var heads: [(fit: LogisticRegression.Fit, seconds: Double)] = []
    let seconds = clock.measure {
      let regression = LogisticRegression(
        vectors[0], labels: sets[0].map(\.label), classes: task.labels.count, threads: threads)
      for strength in LogisticRegression.strengths {
        let start = clock.now
        guard let fit = regression.fit(strength: strength, from: heads.last?.fit.head) else {
          return
        }
        heads.append((fit, start.duration(to: clock.now) / .seconds(1)))
      }
    }
    let fits = zip(LogisticRegression.strengths, heads).map { strength, head -> JSON in
      let validation = Evaluation(
        scores: [head.fit.head.scores(vectors[1])], examples: sets[1], task: task)
      let scores = head.fit.head.scores(vectors[2])
      let test = Evaluation(scores: [scores], examples: sets[2], task: task)
      let answers = (0..<scores.rows).map { row -> JSON in
        let values = scores.values[row * scores.columns..<(row + 1) * scores.columns]
        return .integer((values.firstIndex(of: values.max() ?? 0) ?? 0) - row * scores.columns)
      }
      return [
        "strength": .number(strength), "objective": .number(head.fit.objective),
        "iterations": .integer(head.fit.iterations), "seconds": .number(head.seconds),
        "converged": .bool(head.fit.isConverged), "validation_loss": .number(validation.loss),
        "test": .number(test.score.selection), "answers": .array(answers),
      ]
    }
    return (fits, seconds / .seconds(1))
  }
}
