import EPTConvert
import EPTData
import EPTModel
import EPTSystem
import EPTTask
import EPTTestSupport
import EPTText
import Foundation
import Testing

@testable import EPTInfer

/// The demonstration's backbone with tasks of random prompts on it, in a folder of its own.
final class StreamFixture: Sendable {
  let folder: String
  let backbone: LoadedBackbone

  /// Converts the backbone.
  init() throws {
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("eptc-stream-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: folder + "/tasks", withIntermediateDirectories: true)
    let model = folder + "/model.ept"
    _ = try Converter(
      input: TestPaths.fixture("demo/model/model.safetensors"), output: model,
      choice: EncodingChoice(.f32)
    ).run()
    backbone = try LoadedBackbone(path: model, threads: 2)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Writes `name.eptb` into `tasks/`: a task whose prompt was drawn by `seed`.
  @discardableResult
  func bundle(
    _ name: String, task: String? = nil, fields: [String] = ["sentence"],
    labels: [String] = ["negative", "positive"], seed: UInt64, length: Int = 6,
    inputLength: Int = 24
  ) throws -> String {
    let definition = try TaskDefinition(
      name: task ?? name, fields: fields,
      template: fields.map { "\($0): {\($0)}" }.joined(separator: " "),
      segments: ["{\(fields[0])}"], labels: labels.map { TaskDefinition.Label($0) },
      metric: .accuracy, inputLength: inputLength, split: .halvedDev(seed: 1),
      source: DataSource(folders: [], columns: fields.map { $0 + "_column" }))
    let shape = PromptShape(
      promptLength: length, inputLength: inputLength, hiddenSize: backbone.model.hiddenSize,
      rank: 2,
      subspaces: 2, subspaceWidth: 4)
    var prompt = EPTPrompt(shape: shape)
    for (index, part) in PromptPart.allCases.enumerated() {
      var random = RandomNumbers(.initialisation, seed, UInt64(index))
      let scale = backbone.model.embeddingRMS * (part == .shortPrompt ? 1 : 0.3)
      prompt[part].values = random.gaussians(prompt[part].values.count).map { scale * $0 }
    }
    let encoder = InputEncoder(definition, backbone.tokenizer, hasDecoder: true)
    let bundle = TaskBundle(
      task: definition, backbone: backbone.identity,
      training: TrainingRecord(
        settings: ["seed": 1], steps: 1, bestStep: 1, isInterrupted: false, validation: nil,
        validationMajority: MetricScore([.init("accuracy", 0.5)]), test: nil,
        testMajority: MetricScore([.init("accuracy", 0.5)])),
      prompt: prompt, readout: .labelWords(try encoder.labelTokens()))
    let path = "\(folder)/tasks/\(name).eptb"
    try bundle.write(to: path, replacing: true)
    return path
  }

  /// What a stream wrote and counted.
  struct Run {
    let output: String
    let counts: StreamCounts?
    let error: (any Error)?

    /// The lines, each of which has ended.
    var lines: [String] {
      output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
  }

  /// Answers `input`, the contents of a file.
  func run(
    _ input: [UInt8], as format: RecordFormat = .lines, prompts: PromptSource,
    style: AnswerStyle = AnswerStyle(), settings: StreamSettings = StreamSettings()
  ) throws -> Run {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/input"
      try Data(input).write(to: URL(fileURLWithPath: path))
      let output = folder + "/output"
      try Data().write(to: URL(fileURLWithPath: output))
      let handle = try #require(FileHandle(forWritingAtPath: output))
      let stream = try AnswerStream(
        InputFile(path: path), as: format, prompts: prompts.read(), on: backbone,
        to: AnswerWriter(descriptor: handle.fileDescriptor, style: style), settings: settings
      ) { _ in }
      var counts: StreamCounts?
      var failure: (any Error)?
      do {
        counts = try stream.run()
      } catch {
        failure = error
      }
      let bytes = try Data(contentsOf: URL(fileURLWithPath: output))
      return Run(output: String(decoding: bytes, as: UTF8.self), counts: counts, error: failure)
    }
  }

  func run(
    _ input: String, as format: RecordFormat = .lines, prompts: [String],
    style: AnswerStyle = AnswerStyle(), settings: StreamSettings = StreamSettings(),
    thresholds: [Threshold] = []
  ) throws -> Run {
    try run(
      Array(input.utf8), as: format,
      prompts: PromptSource(files: prompts, thresholds: thresholds), style: style,
      settings: settings)
  }

  /// The predictor of a bundle.
  func predictor(_ path: String) throws -> Predictor {
    try Predictor(TaskBundle(path: path), path: path, on: backbone)
  }

  /// Texts of unlike lengths, made of the backbone's own words.
  static func texts(_ count: Int, seed: UInt64) -> [String] {
    let words = [
      "a", "the", "film", "good", "dull", "lovely", "meal", "with", "tasty", "and", "cold",
      "service", "was", "not", "very", "story", "slow", "fine",
    ]
    var random = RandomNumbers(.order, seed)
    return (0..<count).map { _ in
      (0..<1 + random.below(14)).map { _ in words[random.below(words.count)] }
        .joined(separator: " ")
    }
  }
}

extension AnswerStyle {
  /// A style for tests.
  static func style(
    _ format: AnswerFormat, top: Int? = nil, probabilities: Bool? = nil
  ) -> AnswerStyle {
    var style = AnswerStyle()
    style.format = format
    style.top = top
    style.showsProbabilities = probabilities
    return style
  }
}
