import EPTFormat
import EPTTestSupport
import Testing

@Suite struct BackboneFileTests {
  private static let provenance = Provenance(sources: [
    .init(role: .weights, name: "model.safetensors", size: 3, digest: SHA256.digest(of: [1])),
    .init(role: .configuration, name: "config.json", size: 4, digest: SHA256.digest(of: [2])),
    .init(role: .tokenizer, name: "tokenizer.json", size: 5, digest: SHA256.digest(of: [3])),
  ])

  /// A whole backbone but for what `change` does to its sections.
  private func open(
    kind: ContainerKind = .backbone, _ change: (inout [String: String]) -> Void = { _ in }
  ) throws -> BackboneFile {
    var sections = [
      "architecture": "bert", "config": #"{"hidden_size":8}"#, "tokenizer": "tables",
      "provenance": Self.provenance.json.serialized(),
    ]
    change(&sections)
    return try TestPaths.withTemporaryFolder { folder in
      var writer = ContainerWriter(kind: kind)
      for (name, text) in sections { writer.addSection(name, Array(text.utf8)) }
      writer.addTensor(name: "w", shape: [2], floats: [1, 2])
      try writer.write(to: folder + "/model.ept", replacing: false)
      return try BackboneFile(path: folder + "/model.ept")
    }
  }

  @Test func opensAWholeBackbone() throws {
    let file = try open()
    #expect(file.architecture == "bert")
    #expect(file.configuration["hidden_size"] == 8)
    #expect(String(decoding: file.tokenizerTables, as: UTF8.self) == "tables")
    #expect(file.provenance == Self.provenance)
    #expect(try file.floats("w", shape: [2]) == [1, 2])
  }

  @Test func saysHowTheCheckpointPools() throws {
    #expect(try open().pooling == nil)
    #expect(try open { $0["pooling"] = "cls" }.pooling == "cls")
    #expect {
      try open { $0["pooling"] = "" }
    } throws: { "\($0)".contains("section `pooling`") }
  }

  @Test func fingerprintIsOfTheSourcesContents() throws {
    // printf 'config …\ntokenizer …\nweights …\n' | sha256sum, with the sums of the bytes 2, 3, 1.
    #expect(
      try open().fingerprint.hex
        == "460dbc4c6a51b4ba1b03df32adc17f574405309f93eac675c4129168d4e7103c")
    let renamed = Provenance(
      sources: Self.provenance.sources.map {
        .init(role: $0.role, name: "other-" + $0.name, size: $0.size, digest: $0.digest)
      })
    #expect(renamed.fingerprint == Self.provenance.fingerprint)
  }

  @Test(arguments: ["architecture", "config", "tokenizer", "provenance"])
  func aMissingSectionIsNamed(name: String) {
    let error = #expect(throws: FormatError.self) { try open { $0[name] = nil } }
    #expect(error?.description.contains("section `\(name)`") == true)
  }

  @Test(arguments: [
    ("architecture", ""), ("config", "{"), ("provenance", "{}"), ("provenance", "[]"),
    ("provenance", #"{"sources":[{"role":"weights","name":"m","size":1,"sha256":"00"}]}"#),
  ])
  func aMalformedSectionIsNamed(name: String, text: String) {
    let error = #expect(throws: FormatError.self) { try open { $0[name] = text } }
    #expect(error?.description.contains("section `\(name)`") == true)
  }

  @Test func aBundleIsNoBackbone() {
    let error = #expect(throws: FormatError.self) { try open(kind: .bundle) }
    #expect(error?.description.contains("is an .eptb bundle, not a .ept backbone") == true)
  }
}
