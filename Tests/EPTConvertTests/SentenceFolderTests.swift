import EPTConvert
import EPTFormat
import EPTModel
import EPTTestSupport
import Foundation
import Testing

/// Folders of sentence-transformers: where the model is in them and how they pool.
@Suite struct SentenceFolderTests {
  private static let transformer = "sentence_transformers.models.Transformer"

  /// Writes a checkpoint, `modules` as path and type, and files by name; converts `input` of it.
  private func convert(
    modules: [(path: String, type: String)]? = nil, files: [String: String] = [:],
    model: String = "", input: String = ""
  ) throws -> (summary: ConversionSummary, pooling: String?) {
    try TestPaths.withTemporaryFolder { folder in
      for name in ["0_Transformer", "1_Pooling", "2_Other"] {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(name)", withIntermediateDirectories: false)
      }
      try TinyCheckpoint().write(to: folder + model)
      var files = files
      if let modules {
        files["modules.json"] =
          JSON.array(
            modules.enumerated().map { index, module in
              [
                "idx": .integer(index), "name": .string("\(index)"), "path": .string(module.path),
                "type": .string(module.type),
              ]
            }
          ).serialized()
      }
      for (name, text) in files { _ = try TestPaths.write(Array(text.utf8), to: name, in: folder) }
      let output = folder + "/out.ept"
      let summary = try Converter(
        input: folder + input, output: output, choice: EncodingChoice(.lossless)
      ).run()
      return (summary, try BackboneFile(path: output).pooling)
    }
  }

  private func expectRefusal(
    saying texts: String..., modules: [(path: String, type: String)]? = nil,
    files: [String: String] = [:], model: String = "", input: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
      try convert(modules: modules, files: files, model: model, input: input)
    }
    let message = error.map { String(describing: $0) } ?? ""
    for text in texts {
      #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
    }
    #expect(!message.contains("\n"), sourceLocation: sourceLocation)
  }

  /// A Pooling configuration as versions before 5 write it.
  private func flags(_ on: String...) -> String {
    let all = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "lasttoken"]
    let members = all.map { "\"pooling_mode_\($0)\": \(on.contains($0))" }
    return "{\"word_embedding_dimension\": 16, \(members.joined(separator: ", "))}"
  }

  @Test("The model is found below the folder", arguments: ["", "/0_Transformer"], ["", "/"])
  func findsTheModel(below: String, slash: String) throws {
    let modules = [
      (String(below.dropFirst()), Self.transformer),
      ("1_Pooling", "sentence_transformers.models.Pooling"),
    ]
    let files = ["1_Pooling/config.json": flags("cls_token")]
    for input in Set([slash, below + slash, below + "/model.safetensors"]) {
      let result = try convert(modules: modules, files: files, model: below, input: input)
      #expect(result.pooling == "cls")
      #expect(result.summary.pooling == .cls)
    }
  }

  @Test func readsOldNamesAndFoldersWithoutPooling() throws {
    let result = try convert(
      modules: [("0_Transformer", "sentence_transformers.models.BERT")], model: "/0_Transformer")
    #expect(result.pooling == nil)
    #expect(try convert().pooling == nil)
  }

  @Test func readsEveryWayToStateThePooling() throws {
    for (text, pooling) in [
      (flags("mean_tokens"), "mean"), (flags("cls_token"), "cls"), (flags("lasttoken"), "last"),
      ("{}", "mean"), (#"{"pooling_mode": "cls"}"#, "cls"),
      (#"{"pooling_mode": ["mean"]}"#, "mean"),
      (#"{"pooling_mode": "lasttoken", "pooling_mode_mean_tokens": true}"#, "last"),
      (#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#, "cls"),
    ] {
      for name in ["pooling_config.json", "1_Pooling/config.json"] {
        #expect(try convert(files: [name: text]).pooling == pooling, "\(text)")
      }
    }
  }

  @Test func refusesOtherPoolings() {
    for (text, words) in [
      (flags("mean_tokens", "cls_token"), "cls and mean"), (flags("max_tokens"), "by max"),
      (flags(), "by nothing"), (#"{"pooling_mode_cls_token": true}"#, "cls and mean"),
      (#"{"pooling_mode": "weightedmean"}"#, "weightedmean"), (#"{"pooling_mode": 3}"#, "a text"),
      (#"{"pooling_mode": ["mean", "max"]}"#, "mean and max"),
      (#"{"pooling_mode_cls_token": "yes"}"#, "true or false"), ("[]", "no object"),
      ("{", "corrupt"),
    ] {
      expectRefusal(saying: "pooling_config.json", words, files: ["pooling_config.json": text])
    }
    expectRefusal(
      saying: "pooling_config.json says cls", "1_Pooling/config.json says that pooling is mean",
      files: [
        "pooling_config.json": flags("cls_token"), "1_Pooling/config.json": flags("mean_tokens"),
      ])
  }

  @Test func refusesModulesThatItDoesNotCompute() {
    let model = ("", Self.transformer)
    let pooling = ("1_Pooling", "sentence_transformers.models.Pooling")
    let files = ["1_Pooling/config.json": flags("mean_tokens")]
    for (modules, words) in [
      ([model, pooling, ("2_Dense", "sentence_transformers.models.Dense")], "Dense module"),
      ([model, pooling, pooling], "second Pooling"), ([model, model], "second Transformer"),
      ([("", "sentence_transformers.models.WordEmbeddings")], "WordEmbeddings"),
      ([("../x", Self.transformer)], "below"), ([("/x", Self.transformer)], "below"),
    ] {
      expectRefusal(saying: "modules.json", words, modules: modules, files: files)
    }
    expectRefusal(
      saying: "2_Other/config.json is missing", "modules.json",
      modules: [model, ("2_Other", "sentence_transformers.models.Pooling")])
    expectRefusal(saying: "modules.json", "no modules", files: ["modules.json": "{}"])
    expectRefusal(
      saying: "model.safetensors", "0_Transformer; give that folder",
      modules: [("0_Transformer", Self.transformer)], input: "/model.safetensors")
  }

  @Test func notesThatVectorsAreNotNormalized() throws {
    let result = try convert(
      modules: [
        ("", Self.transformer), ("2_Normalize", "sentence_transformers.models.Normalize"),
      ])
    #expect(result.summary.notes.count == 1)
    #expect(result.summary.notes[0].contains("Normalize"))
  }

  @Test("do_lower_case of sentence-transformers needs a tokenizer that lower-cases")
  func lowercasing() throws {
    let files = ["sentence_bert_config.json": #"{"max_seq_length": 8, "do_lower_case": true}"#]
    #expect(try convert(files: files).pooling == nil)
    let cased = files.merging(["tokenizer_config.json": #"{"do_lower_case": false}"#]) { $1 }
      .merging(["vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nfox\nover\n"]) { $1 }
    expectRefusal(saying: "sentence_bert_config.json", "do_lower_case", files: cased)
  }

  @Test func thePoolingIsNoPartOfTheFingerprint() throws {
    let plain = try convert().summary
    let pooled = try convert(files: ["pooling_config.json": flags("cls_token")]).summary
    #expect(plain.fingerprint == pooled.fingerprint)
  }

  @Test(arguments: ["modules.json", "pooling_config.json"])
  func neverReplacesWhatItReads(name: String) throws {
    try TestPaths.withTemporaryFolder { folder in
      try TinyCheckpoint().write(to: folder)
      let modules = #"[{"idx": 0, "name": "0", "path": "", "type": "\#(Self.transformer)"}]"#
      for (name, text) in [("modules.json", modules), ("pooling_config.json", "{}")] {
        _ = try TestPaths.write(Array(text.utf8), to: name, in: folder)
      }
      let output = folder + "/" + name
      #expect(throws: ConvertError.outputIsInput(path: output)) {
        try Converter(input: folder, output: output, replacing: true).run()
      }
    }
  }
}
