import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTask

struct TaskBundleTests {
  static let identity = BackboneIdentity(
    architecture: "bert", name: "tiny", hiddenSize: 8,
    fingerprint: String(repeating: "0a", count: 32))

  /// A bundle whose numbers are all different.
  static func bundle(
    rank: Int = 2, subspaces: Int = 2, usesFusion: Bool = true, fusionScale: Float = 1,
    words: [[Int32]]? = nil
  ) throws -> TaskBundle {
    let shape = PromptShape(
      promptLength: 3, inputLength: 6, hiddenSize: 8, rank: rank, subspaces: subspaces,
      subspaceWidth: 2)
    var prompt = EPTPrompt(
      shape: shape, alpha: 6.5, usesFusion: usesFusion, fusionScale: fusionScale)
    var next: Float = 0
    for part in PromptPart.allCases {
      prompt[part].values = prompt[part].values.map { _ in
        next += 0.1
        return next
      }
    }
    let head = LinearHead(
      weight: Matrix(rows: 2, columns: 8, values: (0..<16).map { Float($0) / 3 }),
      bias: [-1, .leastNonzeroMagnitude])
    return TaskBundle(
      task: try TaskCatalogue.task(named: "sst2").limited(to: 6), backbone: identity,
      training: TrainingRecord(
        settings: ["seed": 42, "prompt_rate": 0.002], steps: 400, bestStep: 300,
        isInterrupted: false, validation: MetricScore([.init("accuracy", 0.815)]),
        validationMajority: MetricScore([.init("accuracy", 0.509)]), test: nil,
        testMajority: MetricScore([.init("accuracy", 0.5)]),
        history: TrainingHistory([
          .init(
            step: 0, trainingLoss: nil, validationLoss: 0.7,
            score: MetricScore([.init("accuracy", 0.5)]), learningRate: 0),
          .init(
            step: 100, trainingLoss: 0.5, validationLoss: 0.1234567,
            score: MetricScore([.init("accuracy", 2.0 / 3)]), learningRate: 0.002),
        ]),
        startGate: subspaces == 0
          ? nil : Matrix(rows: 3, columns: 2, values: [0.25, 0.75, 0.5, 0.5, 1, 0])),
      prompt: prompt, readout: words.map { .labelWords($0) } ?? .head(head))
  }

  private func withFile(_ bundle: TaskBundle, _ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/task.eptb"
      try bundle.write(to: path, replacing: false)
      try body(path)
    }
  }

  @Test func everyFormSurvives() throws {
    for bundle in [
      try Self.bundle(), try Self.bundle(rank: 0), try Self.bundle(subspaces: 0),
      try Self.bundle(rank: 0, subspaces: 0, usesFusion: false),
      try Self.bundle(words: [[5, 1], [6, 7, 1]]), try Self.bundle(fusionScale: 15.5),
    ] {
      try withFile(bundle) { path in
        let copy = try TaskBundle(path: path)
        #expect(copy == bundle)
      }
    }
  }

  @Test("another pooling than the mean is kept, and refused by readers that do not know it")
  func pooling() throws {
    var bundle = try Self.bundle()
    try withFile(bundle) { path in
      let file = try ContainerFile(path: path, kind: .bundle)
      #expect(file.requiredFeatures == [])
      let copy = try TaskBundle(path: path)
      #expect(copy.pooling == .mean)
    }
    for pooling in [Pooling.cls, .last] {
      bundle.pooling = pooling
      for kept in [bundle, bundle.folded()] {
        try withFile(kept) { path in
          let copy = try TaskBundle(path: path)
          #expect(copy == kept)
          // Byte 32 holds the features that a reader must know.
          let bytes = try TestPaths.read(path)
          #expect(bytes[32..<36] == [1, 0, 0, 0])
        }
      }
    }
    try expectFault(
      "contradicts", section: "prompt", replacing: "\"readout\"",
      with: "\"pooling\":\"cls\",\"readout\"")
    try expectFault(
      "contradicts", section: "prompt", replacing: "\"readout\"",
      with: "\"pooling\":\"mean\",\"readout\"", features: .pooling)
    try expectFault(
      "must be one of mean, cls, last", section: "prompt", replacing: "\"readout\"",
      with: "\"pooling\":\"max\",\"readout\"", features: .pooling)
    try expectFault(
      "feature set 0x4", section: "task", features: ContainerFeatures(rawValue: 5))
  }

  @Test("A temperature is kept, by either read-out, folded or not; a reader must know of it")
  func temperature() throws {
    for words in [nil, [[5, 1], [6, 7, 1]]] as [[[Int32]]?] {
      var bundle = try words.map { try Self.bundle(words: $0) } ?? Self.bundle()
      #expect(bundle.temperature == 1)
      bundle.temperature = 1.625
      for kept in [bundle, bundle.folded()] {
        try withFile(kept) { path in
          let copy = try TaskBundle(path: path)
          #expect(copy == kept && copy.temperature == 1.625)
          let bytes = try TestPaths.read(path)
          #expect(bytes[32..<36] == [0, 1, 0, 0])
        }
      }
    }
    for value in ["0", "-1", "1", "1e9", "null", "\"2\""] {
      try expectFault(
        "\"temperature\" must be", section: "prompt", replacing: "\"readout\"",
        with: "\"temperature\":\(value),\"readout\"", features: .calibration)
    }
    try expectFault(
      "contradicts", section: "prompt", replacing: "\"readout\"",
      with: "\"temperature\":2,\"readout\"")
    try expectFault(
      "contradicts", section: "prompt", replacing: "\"readout\"", with: "\"other\":2,\"readout\"",
      features: .calibration)
  }

  @Test func labelWordsHaveNoPooling() throws {
    var bundle = try Self.bundle(words: [[5, 1], [6, 7, 1]])
    bundle.pooling = .cls
    try withFile(bundle) { path in
      let file = try MappedFile(path: path)
      #expect {
        try TaskBundle(file)
      } throws: { "\($0)".contains("label words") }
    }
  }

  @Test func historyKeepsSixDigits() throws {
    let points = try Self.bundle().training.history.points
    #expect(points[1].validationLoss == 0.123457)
    #expect(points[1].score.figures[0].value == 0.666667)
    #expect(TrainingHistory.sixDigits(.infinity) == 0)
    #expect(TrainingHistory.sixDigits(-1_234_567) == -1_234_570)
  }

  @Test func aFoldedBundleIsTheSamePromptInLessRoom() throws {
    for var bundle in [try Self.bundle(), try Self.bundle(subspaces: 0), try Self.bundle(rank: 0)] {
      // Numbers of a trained prompt's size, which binary16 can hold.
      for part in PromptPart.allCases {
        bundle.prompt[part].values = bundle.prompt[part].values.map { $0 / 50 }
      }
      let folded = bundle.folded()
      #expect(folded.prompt.folded() == bundle.prompt.folded())
      #expect(folded.folded() == folded)
      try withFile(bundle) { path in
        try folded.write(to: path + ".folded", replacing: false)
        try folded.write(to: path + ".half", replacing: false, numbers: .f16)
        #expect(try TaskBundle(path: path + ".folded") == folded)
        let half = try TaskBundle(path: path + ".half")
        for part in PromptPart.allCases {
          #expect(half.prompt[part].values == folded.prompt[part].values.map { Float(Float16($0)) })
        }
        let sizes = try ["", ".folded", ".half"].map {
          try Data(contentsOf: URL(fileURLWithPath: path + $0)).count
        }
        #expect(sizes[0] > sizes[1] && sizes[1] > sizes[2])
      }
    }
    var large = try Self.bundle()
    large.prompt[.gate].values[0] = 1e6
    #expect {
      try large.write(to: "/nowhere/x.eptb", replacing: false, numbers: .f16)
    } throws: { "\($0)".contains("`gate`") && "\($0)".contains("f32") }
  }

  /// `fixtures/task/make_bundle.py` wrote the file from docs/reference/format.md, with two encodings.
  @Test func aFileOfAnotherWriter() throws {
    let bundle = try TaskBundle(path: TestPaths.fixture("task/golden.eptb"))
    #expect(bundle.task.name == "mood")
    #expect(bundle.task.input(["a", "b"], hasDecoder: true).first == "mood: a {and} b")
    #expect(bundle.task.labels == [.init("sad", value: "0"), .init("glad", value: "1")])
    #expect(bundle.task.split == .heldOutTrain(rows: 100, seed: 42))
    #expect(bundle.backbone.fingerprint == String(repeating: "c0", count: 32))
    #expect(bundle.training.bestStep == 10)
    #expect(bundle.training.validation?.description == "F1 50.00 accuracy 75.00")
    #expect(bundle.training.test == nil)
    #expect(bundle.readout == .labelWords([[17, 1], [4, 5, 1]]))
    let shape = PromptShape(
      promptLength: 2, inputLength: 5, hiddenSize: 4, rank: 3, subspaces: 2, subspaceWidth: 1)
    #expect(bundle.prompt.shape == shape)
    for part in PromptPart.allCases {
      let matrix = bundle.prompt[part]
      #expect(matrix.values.count == part.size(in: shape).rows * part.size(in: shape).columns)
      #expect(matrix.values == matrix.values.indices.map { (Float($0) - 3) / 4 })
    }
  }

  @Test func aFoldedFileOfAnotherWriter() throws {
    let bundle = try TaskBundle(path: TestPaths.fixture("task/golden-folded.eptb"))
    #expect(bundle.form == .folded)
    #expect(bundle.folded() == bundle)
    let folded = bundle.prompt.folded()
    #expect(folded.prompt.values == (0..<8).map { (Float($0) - 3) / 4 })
    #expect(folded.lowRankA == bundle.prompt[.lowRankA])
    #expect(folded.lowRankScale == 8 / Float(3).squareRoot())
  }

  @Test func theSameBundleGivesTheSameBytes() throws {
    try TestPaths.withTemporaryFolder { folder in
      for name in ["a", "b"] {
        try Self.bundle().write(to: "\(folder)/\(name)", replacing: false)
      }
      let files = try ["a", "b"].map {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))
      }
      #expect(files[0] == files[1])
      #expect(throws: SystemError.outputExists(path: "\(folder)/a")) {
        try Self.bundle().write(to: "\(folder)/a", replacing: false)
      }
      try Self.bundle().write(to: "\(folder)/a", replacing: true)
    }
  }

  @Test func anotherBackboneIsRefusedByName() throws {
    let other = BackboneIdentity(
      architecture: "t5", name: "small", hiddenSize: 8,
      fingerprint: String(repeating: "0b", count: 32))
    try Self.bundle().require(Self.identity, path: "x.eptb")
    #expect {
      try Self.bundle().require(other, path: "x.eptb")
    } throws: { error in
      let text = "\(error)"
      return text.contains("tiny (bert") && text.contains("small (t5") && text.contains("x.eptb")
    }
  }

  @Test func everyFlippedByteAndEveryCutIsNoticed() throws {
    try withFile(try Self.bundle()) { path in
      let url = URL(fileURLWithPath: path)
      let whole = try Data(contentsOf: url)
      for index in stride(from: 0, to: whole.count, by: 29) {
        var bytes = whole
        bytes[index] ^= 0x10
        try bytes.write(to: url)
        #expect(throws: FormatError.self, "byte \(index)") { try TaskBundle(path: path) }
        try whole.prefix(index).write(to: url)
        #expect(throws: FormatError.self, "cut at \(index)") { try TaskBundle(path: path) }
      }
    }
  }

  /// Rewrites a bundle's sections and tensors, with checksums that hold.
  private func expectFault(
    _ words: String, section: String? = nil, replacing old: String = "", with new: String = "",
    tensor: String? = nil, shape: [Int]? = nil, value: Float? = nil,
    features: ContainerFeatures = []
  ) throws {
    try withFile(try Self.bundle()) { path in
      let file = try ContainerFile(path: path, kind: .bundle)
      var writer = ContainerWriter(kind: .bundle, requiredFeatures: features)
      for name in [
        BundleNames.task, BundleNames.backbone, BundleNames.training, BundleNames.prompt,
      ] {
        let bytes = Array(try #require(file.section(name)))
        var text = String(decoding: bytes, as: UTF8.self)
        if name == section {
          if old.isEmpty { continue }
          #expect(text.contains(old))
          text = text.replacing(old, with: new)
        }
        writer.addSection(name, Array(text.utf8))
      }
      for name in file.tensorNames {
        let stored = try file.tensor(name)
        var bytes = Array(stored.bytes)
        if name == tensor {
          guard shape != nil || value != nil else { continue }
          if let value { withUnsafeBytes(of: value) { bytes.replaceSubrange(0..<4, with: $0) } }
        }
        writer.addTensor(
          name: name, shape: name == tensor ? shape ?? stored.shape : stored.shape,
          encoding: .f32, bytes: bytes)
      }
      let changed = path + ".changed"
      try writer.write(to: changed, replacing: false)
      #expect {
        try TaskBundle(path: changed)
      } throws: { error in
        error is FormatError && "\(error)".contains(words)
      }
    }
  }

  @Test func sectionsThatContradictThemselves() throws {
    try expectFault("`prompt`", section: "prompt")
    try expectFault("`task`", section: "task", replacing: "\"name\"", with: "\"nome\"")
    try expectFault("`task`", section: "task", replacing: "{sentence}", with: "{other}")
    try expectFault("`backbone`", section: "backbone", replacing: "0a0a", with: "xxxx")
    try expectFault("`training`", section: "training", replacing: "300", with: "401")
    try expectFault("`training`", section: "training", replacing: "0.815", with: "1e300")
    try expectFault(
      "\"subspace_width\"", section: "prompt", replacing: "\"subspace_width\":2",
      with: "\"subspace_width\":0")
    try expectFault("not supported", section: "prompt", replacing: "unfolded", with: "refolded")
    try expectFault("neither", section: "prompt", replacing: "unfolded", with: "folded")
    try expectFault("`training`", section: "training", replacing: "[0,100]", with: "[0]")
    try expectFault("`training`", section: "training", replacing: "[0,100]", with: "[100,0]")
    try expectFault("`training`", section: "training", replacing: "[null,0.5]", with: "[true,0.5]")
    try expectFault("`training`", section: "training", replacing: "[0.25,0.75]", with: "[0.25]")
    try expectFault("start_gate", section: "training", replacing: "[0.25,0.75],", with: "")
    try expectFault("\"rank\"", section: "prompt", replacing: "\"rank\":2", with: "\"rank\":-1")
    try expectFault(
      "low_rank_a", section: "prompt", replacing: "\"rank\":2", with: "\"rank\":1048576")
    try expectFault(
      "input length", section: "task", replacing: "\"input_length\":6",
      with: "\"input_length\":7")
    try expectFault("readout", section: "prompt", replacing: "\"head\"", with: "\"tail\"")
    try expectFault(
      "label_tokens", section: "prompt", replacing: "\"head\"", with: "\"label_words\"")
    try expectFault("`prompt`", section: "prompt", replacing: "{", with: "{\"alpha\":1,")
  }

  @Test func tensorsThatContradictTheSections() throws {
    try expectFault("gate", tensor: "gate")
    try expectFault("head.bias", tensor: "head.bias")
    try expectFault("short_prompt", tensor: "short_prompt", shape: [8, 3])
    try expectFault("not finite", tensor: "low_rank_b", value: .nan)
    try expectFault("not finite", tensor: "head.weight", value: .infinity)
  }
}
