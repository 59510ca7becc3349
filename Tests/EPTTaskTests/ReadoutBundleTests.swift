import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTask

@Suite("Bundles of every read-out")
struct ReadoutBundleTests {
  private func task(_ kind: HeadKind) throws -> TaskDefinition {
    var labels = ["x", "y"].map { TaskDefinition.Label($0) }
    var (isScale, form, metric) = (false, LabelForm.one, Metric.accuracy)
    switch kind {
    case .classes: break
    case .number: (labels, isScale, metric) = ([], true, .mse)
    case .labels: (form, metric) = (.several, .microMacroF1)
    case .tags: (form, metric) = (.tags, .entityF1)
    }
    guard form != .tags else { return try EntityTests.task(["O", "B-X"]).limited(to: 6) }
    return try TaskDefinition(
      name: "mine", fields: ["a", "b"], template: "{a} {b}", segments: ["{a}", "{b}"],
      labels: labels, isScale: isScale, labelForm: form, metric: metric, inputLength: 6,
      split: .stratifiedTenths(seed: 42),
      source: DataSource(folders: [], columns: ["a", "b"], labelSeparator: ";"))
  }

  private func bundle(_ kind: HeadKind, _ features: HeadFeatures) throws -> TaskBundle {
    var bundle = try TaskBundleTests.bundle()
    bundle.task = try task(kind)
    var outputs = 2
    if case .number = kind { outputs = 1 }
    let inputs = features.count(hiddenSize: 8)
    bundle.readout = .head(
      LinearHead(
        weight: Matrix(
          rows: outputs, columns: inputs, values: (0..<outputs * inputs).map { Float($0) / 7 }),
        bias: [Float](repeating: -0.25, count: outputs), features: features, kind: kind))
    if kind == .number(Self.scale) {
      bundle.training.validation = MetricScore([.init("MSE", 12.5)])
    }
    return bundle
  }

  private static let scale = NumberScale(offset: 0.1, scale: 3)

  private static let kinds: [(HeadKind, HeadFeatures)] = [
    (.number(scale), .text), (.number(scale), .cosine), (.labels(thresholds: [0.1, 0.75]), .text),
    (.labels(thresholds: [0, 1]), .pair), (.classes, .pair),
  ]

  private func withFile(_ bundle: TaskBundle, _ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = "\(folder)/task.eptb"
      try bundle.write(to: path, replacing: false)
      try body(path)
    }
  }

  @Test func everyKindSurvivesAndIsRefusedByOlderReaders() throws {
    for (kind, features) in Self.kinds {
      let bundle = try bundle(kind, features)
      for var kept in [bundle, bundle.folded()] {
        for pooling in [Pooling.mean, .cls] {
          kept.pooling = pooling
          try withFile(kept) { path in
            let copy = try TaskBundle(path: path)
            #expect(copy == kept)
            // Byte 32 holds the features that a reader must know.
            let bytes = try TestPaths.read(path)
            #expect(bytes[32] == (pooling == .mean ? 8 : 9))
          }
        }
      }
    }
  }

  @Test("Tags have a feature of their own, and no pooling")
  func tags() throws {
    let bundle = try bundle(.tags, .words)
    for kept in [bundle, bundle.folded()] {
      try withFile(kept) { path in
        #expect(try TaskBundle(path: path) == kept)
        let bytes = try TestPaths.read(path)
        #expect(bytes[32] == 8 && bytes[33] == 2)
      }
    }
    var pooled = bundle
    pooled.pooling = .cls
    try withFile(pooled) { path in
      #expect(throws: FormatError.self) { try TaskBundle(path: path) }
    }
    var other = bundle
    other.task = try task(.classes)
    try withFile(other) { path in
      #expect(throws: FormatError.self) { try TaskBundle(path: path) }
    }
  }

  @Test func aHeadOfClassesIsWrittenAsEver() throws {
    let bundle = try TaskBundleTests.bundle()
    try withFile(bundle) { path in
      let file = try ContainerFile(path: path, kind: .bundle)
      #expect(file.requiredFeatures == [])
      let prompt = try file.json("prompt").serialized()
      #expect(prompt.contains(#""readout":"head""#) && !prompt.contains("features"))
      let task = try file.json("task").serialized()
      #expect(!task.contains("label_form") && !task.contains("label_separator"))
    }
  }

  private func expectFault(
    _ words: String, _ bundle: TaskBundle, replacing old: String, with new: String
  ) throws {
    try withFile(bundle) { path in
      let file = try ContainerFile(path: path, kind: .bundle)
      var writer = ContainerWriter(kind: .bundle, requiredFeatures: file.requiredFeatures)
      for name in file.sectionNames {
        let text = try file.json(name).serialized()
        let replaced = name == "prompt" ? text.replacing(old, with: new) : text
        if name == "prompt" { #expect(replaced != text, "\(old) in \(text)") }
        writer.addSection(name, Array(replaced.utf8))
      }
      for record in file.records {
        writer.addTensor(
          name: record.name, shape: record.shape,
          floats: try file.floats(record.name, shape: record.shape))
      }
      let forged = path + ".forged"
      try writer.write(to: forged, replacing: false)
      #expect {
        try TaskBundle(path: forged)
      } throws: { "\($0)".contains(words) }
    }
  }

  @Test func whatContradictsIsRefused() throws {
    let number = try bundle(.number(Self.scale), .cosine)
    let labels = try bundle(.labels(thresholds: [0.125, 0.75]), .text)
    for scale in ["0", "-1", "1e99", "\"a\"", "null"] {
      try expectFault(
        "\"scale\"", number, replacing: #""scale":3.0"#, with: #""scale":\#(scale)"#)
    }
    try expectFault("\"features\"", number, replacing: #""cosine""#, with: #""sine""#)
    try expectFault("does not fit", number, replacing: #""number""#, with: #""head""#)
    for thresholds in ["[0.125]", "[0.125,1.5]", "[0.125,null]", "3"] {
      try expectFault(
        "\"thresholds\"", labels, replacing: "[0.125,0.75]", with: thresholds)
    }
    try expectFault("must be head,", labels, replacing: #""labels""#, with: #""magic""#)
    // The features in the preamble and the section must agree.
    let plain = try bundle(.classes, .pair)
    try expectFault(
      "contradicts", plain, replacing: #","features":"pair""#, with: "")
  }
}
