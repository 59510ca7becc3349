import EPTConvert
import EPTFormat
import EPTSystem
import EPTTestSupport
import Foundation
import Testing

/// Checkpoints in PyTorch's own format, against fixtures/convert/make_checkpoints.py.
@Suite struct PyTorchCheckpointTests {
  /// Converts a copy of a fixture that `change` has changed.
  private func convert(
    _ fixture: String, input: String = "", _ change: (String) throws -> Void = { _ in }
  ) throws -> (summary: ConversionSummary, file: BackboneFile) {
    try TestPaths.withTemporaryFolder { folder in
      let copy = folder + "/model"
      try FileManager.default.copyItem(
        atPath: TestPaths.fixture("convert/" + fixture), toPath: copy)
      try change(copy)
      let output = folder + "/out.ept"
      let summary = try Converter(
        input: copy + input, output: output, choice: EncodingChoice(.lossless)
      ).run(comparingWithSource: true)
      return (summary, try BackboneFile(path: output))
    }
  }

  private func expectGolden(_ file: BackboneFile) throws {
    let golden = try SafetensorsFile(path: TestPaths.fixture("convert/golden.safetensors"))
    #expect(file.tensorNames == golden.tensorNames.sorted())
    for name in golden.tensorNames {
      let expected = try golden.tensor(name)
      let stored = try file.tensor(name)
      #expect(stored.shape == expected.shape)
      #expect(try stored.floats() == expected.floats(), "\(name)")
    }
  }

  @Test(arguments: ["", "/pytorch_model.bin"])
  func readsViewsSharedStoragesAndEveryType(input: String) throws {
    let (summary, file) = try convert("bert", input: input)
    try expectGolden(file)
    #expect(summary.dropped.contains("module.classifier.weight"))
    #expect(summary.dropped.contains("module.bert.embeddings.position_ids"))
    #expect(summary.tensors.allSatisfy { $0.error?.maximum == 0 })
    let types = Dictionary(uniqueKeysWithValues: summary.tensors.map { ($0.name, $0.sourceType) })
    #expect(types["encoder.layer.0.intermediate.dense.weight"] == "F64")
    #expect(types["encoder.layer.0.attention.output.dense.weight"] == "F16")
    // Binary16 numbers stay what they are; binary64 has no place in the output.
    let half = try file.tensor("encoder.layer.0.attention.output.dense.weight")
    #expect(half.encoding == .f16)
    let double = try file.tensor("encoder.layer.0.intermediate.dense.weight")
    #expect(double.encoding == .f32)
  }

  @Test(arguments: ["", "/pytorch_model.bin.index.json"])
  func readsSeveralFiles(input: String) throws {
    let (summary, file) = try convert("sharded", input: input)
    try expectGolden(file)
    #expect(summary.provenance.sources.filter { $0.role == .weights }.count == 2)
  }

  @Test func prefersSafetensorsAndSaysSo() throws {
    let (summary, file) = try convert("bert") { folder in
      try FileManager.default.copyItem(
        atPath: TestPaths.fixture("convert/golden.safetensors"),
        toPath: folder + "/model.safetensors")
    }
    try expectGolden(file)
    #expect(summary.provenance.sources.contains { $0.name == "model.safetensors" })
    #expect(summary.notes.count == 1)
    #expect(summary.notes[0].contains("model.safetensors is read"))
    #expect(summary.notes[0].contains("pytorch_model.bin"))
  }

  @Test("What another program or an older PyTorch wrote is refused with the way to mend it")
  func refusesOtherFormats() throws {
    let legacy = try TestPaths.read(TestPaths.fixture("format/torch/legacy.bin"))
    for (bytes, words) in [
      (legacy, ["before 1.6", "save_pretrained"]),
      (Array("Entry not found".utf8), ["server's message", "fetch"]),
      (Array("\u{80}\u{2}}.".utf8), ["no zip archive"]),
    ] {
      let error = #expect(throws: FormatError.self) {
        try convert("bert") {
          _ = try TestPaths.write(bytes, to: "pytorch_model.bin", in: $0)
        }
      }
      for word in words {
        #expect(error?.description.contains(word) == true, "\(String(describing: error))")
      }
    }
  }

  @Test func saysWhatElseIsThere() throws {
    let error = #expect(throws: SystemError.self) {
      try convert("bert") { folder in
        try FileManager.default.moveItem(
          atPath: folder + "/pytorch_model.bin", toPath: folder + "/tf_model.h5")
      }
    }
    #expect(error?.description.contains("tf_model.h5 is there") == true)
  }
}
