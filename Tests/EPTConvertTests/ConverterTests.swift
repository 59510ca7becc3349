import EPTConvert
import EPTFormat
import EPTTestSupport
import EPTText
import Foundation
import Testing

@Suite struct ConverterTests {
  /// A conversion of `checkpoint` and what came of it.
  private func convert(
    _ checkpoint: TinyCheckpoint, encoding: TargetEncoding = .lossless
  ) throws -> (summary: ConversionSummary, file: BackboneFile) {
    try TestPaths.withTemporaryFolder { folder in
      try checkpoint.write(to: folder)
      let output = folder + "/model.ept"
      let summary = try Converter(input: folder, output: output, choice: EncodingChoice(encoding))
        .run()
      return (summary, try BackboneFile(path: output))
    }
  }

  /// Whether less exact encodings may stand for a tensor of the tiny BERT.
  private static func isMatrix(_ name: String, _ shape: [Int]) -> Bool {
    shape.count == 2 && name != "embeddings.token_type_embeddings.weight"
  }

  @Test func keepsEveryTensorAsItIs() throws {
    let checkpoint = try TinyCheckpoint()
    let (summary, file) = try convert(checkpoint)
    #expect(file.architecture == "bert")
    #expect(file.configuration == (try JSON(parsing: checkpoint.configuration)))
    #expect(file.tensorNames == checkpoint.tensors.map(\.name).sorted())
    for tensor in checkpoint.tensors {
      let stored = try file.tensor(tensor.name)
      #expect(stored.shape == tensor.shape)
      #expect(stored.copiedBytes == tensor.bytes)
    }
    #expect(summary.outputSize == file.byteCount)
    #expect(summary.tensors.map(\.name) == checkpoint.tensors.map(\.name))
    #expect(summary.fingerprint == file.fingerprint)
    #expect(summary.dropped.isEmpty)
  }

  @Test func carriesTheTokenizer() throws {
    let (_, file) = try convert(TinyCheckpoint())
    let tokenizer = try TokenizerTables.open(file.tokenizerTables)
    // [CLS] good film [SEP], rows of the vocabulary.
    #expect(tokenizer.encode("good film").ids == [2, 5, 7, 3])
  }

  @Test func listsItsSources() throws {
    try TestPaths.withTemporaryFolder { folder in
      try TinyCheckpoint().write(to: folder)
      let output = folder + "/model.ept"
      let summary = try Converter(input: folder, output: output, choice: EncodingChoice(.lossless))
        .run()
      let names = summary.provenance.sources.map(\.name)
      #expect(names == ["config.json", "vocab.txt", "model.safetensors"])
      for source in summary.provenance.sources {
        let bytes = try TestPaths.read(folder + "/" + source.name)
        #expect(source.size == bytes.count)
        #expect(source.digest == SHA256.digest(of: bytes))
      }
    }
  }

  @Test(arguments: [TargetEncoding.f16, .bf16, .f32])
  func roundsMatricesOnly(encoding: TargetEncoding) throws {
    let checkpoint = try TinyCheckpoint()
    let (_, file) = try convert(checkpoint, encoding: encoding)
    let exact = try convert(checkpoint).file
    for tensor in checkpoint.tensors {
      let stored = try file.tensor(tensor.name)
      #expect(
        stored.encoding.name
          == (Self.isMatrix(tensor.name, tensor.shape) ? encoding.rawValue : "f32"))
      // The values were chosen to be exact in 16 bits.
      #expect(try stored.floats() == (exact.tensor(tensor.name).floats()))
    }
  }

  @Test func roundsToNearestTiesToEven() throws {
    var checkpoint = try TinyCheckpoint()
    let name = "embeddings.word_embeddings.weight"
    // Halfway between neighbours with 8 and with 11 significant bits, and just past halfway.
    let (bf16Step, f16Step) = (Float(0x1p-7), Float(0x1p-10))
    checkpoint.overwrite(
      name,
      with: [
        1 + bf16Step / 2, 1 + bf16Step * 1.5, -1 - bf16Step * 0.51,
        1 + f16Step / 2, 1 + f16Step * 1.5, -1 - f16Step * 0.51,
      ])
    let bf16 = try convert(checkpoint, encoding: .bf16).file.tensor(name).floats()
    #expect(Array(bf16[0..<3]) == [1, 1 + 2 * bf16Step, -1 - bf16Step])
    let f16 = try convert(checkpoint, encoding: .f16).file.tensor(name).floats()
    #expect(Array(f16[3..<6]) == [1, 1 + 2 * f16Step, -1 - f16Step])
  }

  @Test func quantizesRows() throws {
    var checkpoint = try TinyCheckpoint()
    let name = "embeddings.word_embeddings.weight"
    // The first row's scale is 127 / 127 = 1, the second has nothing but zeros.
    let row: [Float] = [127, 0.5, 1.5, 2.5, -0.5, -1.5, -126.5, 3.49, 3.51, 0, 0, 0, 0, 0, 0, -1]
    checkpoint.overwrite(name, with: row + .init(repeating: 0, count: 16))
    let (summary, file) = try convert(checkpoint, encoding: .q8)
    let stored = try file.tensor(name)
    #expect(stored.encoding == .q8)
    // Eight rows fill half a panel.
    #expect(stored.bytes.count == 16 * 16 + 16 * 4)
    let values = try stored.floats()
    #expect(values[0..<16] == [127, 0, 2, 2, 0, -2, -126, 3, 4, 0, 0, 0, 0, 0, 0, -1])
    #expect(values[16..<32].allSatisfy { $0 == 0 })
    let exact = try convert(checkpoint).file
    for line in summary.tensors {
      #expect(
        line.encoding == (Self.isMatrix(line.name, line.shape) ? .q8 : .f32), "\(line.name)")
      let scaleStep = Float(1) / 127  // Largest magnitude below 1.
      guard line.name != name else { continue }
      let values = try file.tensor(line.name).floats()
      for (value, exact) in zip(values, try exact.tensor(line.name).floats()) {
        #expect(abs(value - exact) <= scaleStep / 2)
      }
    }
  }

  @Test func narrowMatricesStayWhole() throws {
    let (summary, _) = try convert(TinyCheckpoint(TinyCheckpoint.t5), encoding: .q8)
    let bias = summary.tensors.first { $0.name.contains("relative_attention_bias") }
    #expect(bias?.shape == [4, 4])
    #expect(bias?.encoding == .f32)
  }

  @Test func conversionsOfOneCheckpointShareAFingerprint() throws {
    var checkpoint = try TinyCheckpoint()
    let fingerprint = try convert(checkpoint).summary.fingerprint
    #expect(try convert(checkpoint, encoding: .q8).summary.fingerprint == fingerprint)
    checkpoint.overwrite("embeddings.LayerNorm.weight", with: [0.25])
    #expect(try convert(checkpoint).summary.fingerprint != fingerprint)
  }

  @Test func sameInputSameBytes() throws {
    let checkpoint = try TinyCheckpoint()
    let first = try convert(checkpoint, encoding: .q8).file
    #expect(try convert(checkpoint, encoding: .q8).file.digest == first.digest)
  }

  @Test func aDryRunForetellsAndWritesNothing() throws {
    try TestPaths.withTemporaryFolder { folder in
      try TinyCheckpoint().write(to: folder)
      let converter = Converter(
        input: folder, output: folder + "/model.ept", choice: EncodingChoice(.q8))
      let foretold = try converter.dryRun()
      #expect(!FileManager.default.fileExists(atPath: converter.output))
      let summary = try converter.run()
      #expect(summary == foretold)
      #expect(try TestPaths.read(converter.output).count == foretold.outputSize)
    }
  }

  @Test func reportsProgress() throws {
    try TestPaths.withTemporaryFolder { folder in
      try TinyCheckpoint().write(to: folder)
      var steps: [Int] = []
      var totals: Set<Int> = []
      _ = try Converter(input: folder, output: folder + "/model.ept").run { done, total in
        steps.append(done)
        totals.insert(total)
      }
      #expect(totals.count == 1)
      #expect(steps == steps.sorted() && steps.last == totals.first)
    }
  }

  @Test(.enabled(if: TestPaths.hasShared, "needs ../shared"))
  func convertsARealEncoder() throws {
    try TestPaths.withTemporaryFolder { folder in
      let input = TestPaths.shared("models/all-minilm-l6-v2/model.safetensors")
      let output = folder + "/model.ept"
      let summary = try Converter(input: input, output: output, choice: EncodingChoice(.q8)).run()
      #expect(
        summary.dropped == ["embeddings.position_ids", "pooler.dense.bias", "pooler.dense.weight"])
      let file = try BackboneFile(path: output)
      let source = try SafetensorsFile(path: input)
      let name = "encoder.layer.5.output.dense.weight"
      let exact = try source.floats(name, shape: [384, 1_536])
      let rounded = try file.floats(name, shape: [384, 1_536])
      for row in 0..<384 {
        let range = row * 1_536..<(row + 1) * 1_536
        let largest = exact[range].reduce(0) { max($0, abs($1)) }
        let error = zip(exact[range], rounded[range]).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(error <= largest / 254 * 1.0001)
      }
    }
  }
}
