import EPTCompute
import EPTInfer
import EPTTask

/// What one encoding of a backbone does with labelled rows.
struct EncodingFigures {
  /// The encoding's file.
  let path: String
  let score: MetricScore
  /// One row a text, one probability a label.
  let probabilities: [[Double]]
  /// The expected calibration error.
  let calibration: Double
  /// Seconds of texts alone, sorted.
  let latencies: [Double]
  /// The most memory that the process has had in use, in bytes.
  let peakMemory: Int

  /// Answers `examples` with `predictor`, in batches and then `repetitions` of them one by one.
  ///
  /// - Throws: `ModelError`; `SystemError.changed` where the backbone's file was written over.
  init(
    _ predictor: Predictor, path: String, examples: [Example], batch: Int, repetitions: Int
  ) throws {
    self.path = path
    let scores = try predictor.scores(of: examples, batch: batch)
    let temperature = Double(predictor.temperature)
    let evaluation = Evaluation(
      scores: scores, examples: examples, task: predictor.task, temperature: temperature)
    score = evaluation.score
    probabilities = Probabilities.rows(scores, temperature: temperature)
    calibration = CalibrationError.expected(
      probabilities.map { $0.max() ?? 0 },
      right: zip(probabilities, examples).map { Probabilities.answer($0) == $1.label })
    let clock = ContinuousClock()
    var latencies: [Double] = []
    for place in 0..<(examples.isEmpty ? 0 : repetitions) {
      let values = examples[place % examples.count].values
      let passed = try clock.measure { _ = try predictor.scores([values]) }
      latencies.append(
        Double(passed.components.seconds) + Double(passed.components.attoseconds) * 1e-18)
    }
    self.latencies = latencies.sorted()
    peakMemory = Figures.peakMemory
  }

  /// Milliseconds that `percent` of a hundred texts do not exceed (the nearest rank).
  func milliseconds(_ percent: Int) -> Double {
    guard !latencies.isEmpty else { return .nan }
    let rank = (latencies.count * percent + 99) / 100
    return latencies[min(latencies.count, max(1, rank)) - 1] * 1_000
  }
}
