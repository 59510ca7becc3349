import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTask

/// A bundle for SST-2 of the sizes that `eptc tune` gives, its numbers random: speed does not
/// depend on them.
enum RandomBundle {
  /// Writes one with a prompt of `promptLength` rows to `path`; 0 leaves only the head.
  static func write(model: String, promptLength: Int, to path: String) throws {
    let backbone = try LoadedBackbone(path: model, threads: 1)
    let task = try TaskCatalogue.task(named: "sst2")
    let hiddenSize = backbone.model.hiddenSize
    var random = RandomNumbers(.initialisation, 7)
    func matrix(_ rows: Int, _ columns: Int, scale: Float) -> Matrix {
      Matrix(
        rows: rows, columns: columns, values: random.gaussians(rows * columns).map { $0 * scale })
    }

    let plain = promptLength == 0
    var shape = PromptShape(
      promptLength: promptLength, inputLength: task.inputLength, hiddenSize: hiddenSize, rank: 0,
      subspaces: plain ? 0 : 4, subspaceWidth: plain ? 0 : 4)
    shape.rank = plain ? 0 : shape.largestRank(within: 100 * hiddenSize)
    var prompt = EPTPrompt(shape: shape, usesFusion: !plain)
    for part in PromptPart.allCases {
      let size = part.size(in: shape)
      prompt[part] = matrix(size.rows, size.columns, scale: 0.05)
    }
    let encoder = InputEncoder(task, backbone.tokenizer, for: backbone.model)
    let readout =
      backbone.model.hasDecoder
      ? Readout.labelWords(try encoder.labelTokens())
      : .head(LinearHead(weight: matrix(2, hiddenSize, scale: 0.1), bias: [0, 0]))
    let nothing = MetricScore([MetricScore.Figure("accuracy", 0.5)])
    let bundle = TaskBundle(
      task: task, backbone: backbone.identity,
      training: TrainingRecord(
        settings: [:], steps: 0, bestStep: 0, isInterrupted: false, validation: nil,
        validationMajority: nothing, test: nil, testMajority: nothing),
      prompt: prompt, readout: readout)
    try bundle.write(to: path, replacing: false)
  }
}
