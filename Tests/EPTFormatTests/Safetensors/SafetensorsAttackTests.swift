import EPTFormat
import EPTSystem
import EPTTestSupport
import Testing

/// Files that lie, each refused with the error that tells how it lies.
@Suite struct SafetensorsAttackTests {
  /// Expects that a file of `bytes` is refused for `fault`, in a message that holds `text`.
  private func expectRefusal(
    _ bytes: [UInt8], _ fault: FormatFault, saying text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(bytes, to: "model.safetensors", in: folder)
      let error = #expect(throws: FormatError.self, sourceLocation: sourceLocation) {
        try SafetensorsFile(path: path)
      }
      guard let error else { return }
      #expect(FormatFault(error) == fault, "\(error)", sourceLocation: sourceLocation)
      #expect(error.description.contains(text), "\(error)", sourceLocation: sourceLocation)
      #expect(error.description.contains(path), sourceLocation: sourceLocation)
      #expect(!error.description.contains("\n"), sourceLocation: sourceLocation)
    }
  }

  /// A header with one tensor.
  private func header(_ type: String, _ shape: String, _ offsets: String) -> String {
    #"{"w":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}}"#
  }

  private func zeros(_ count: Int) -> [UInt8] { .init(repeating: 0, count: count) }

  @Test func refusesLyingHeaderLengths() throws {
    try expectRefusal([], .truncated, saying: "0 of 8 bytes")
    try expectRefusal(zeros(7), .truncated, saying: "7 of 8 bytes")
    try expectRefusal(zeros(8), .corrupt, saying: "does not start with {")
    let lie = { (length: UInt64) in withUnsafeBytes(of: length, Array.init) + Array("{}".utf8) }
    try expectRefusal(lie(3), .truncated, saying: "10 of 11 bytes")
    try expectRefusal(lie(100_000_000), .truncated, saying: "10 of 100000008 bytes")
    try expectRefusal(lie(100_000_001), .corrupt, saying: "100000001 bytes is claimed")
    try expectRefusal(lie(.max), .corrupt, saying: "\(UInt64.max) bytes is claimed")
    try expectRefusal(lie(1), .corrupt, saying: "not JSON")
  }

  @Test(arguments: [
    (" {}", "does not start with {"), ("[]", "does not start with {"), ("{", "not JSON"),
    ("{} x", "not JSON"), (#"{"__metadata__":{},"__metadata__":{}}"#, "stands twice"),
    (#"{"__metadata__":{"a":"","a":""}}"#, "stands twice"),
    (#"{"w":{"dtype":"F32","dtype":"F32"}}"#, "stands twice"),
    (#"{"__metadata__":[]}"#, "__metadata__"), (#"{"__metadata__":{"a":1}}"#, "`a`"),
    (#"{"w":1}"#, "no dtype"), (#"{"w":{"dtype":"F32","data_offsets":[0,0]}}"#, "shape"),
    (#"{"w":{"dtype":"F32","shape":[0]}}"#, "data_offsets"),
  ])
  func refusesMalformedHeaders(header: String, saying: String) throws {
    try expectRefusal(SafetensorsBytes.file(header: header), .corrupt, saying: saying)
  }

  @Test func refusesBytesThatAreNotUTF8() throws {
    let header: [UInt8] = Array(#"{"__metadata__":{"a":""#.utf8) + [0xFF] + Array(#""}}"#.utf8)
    try expectRefusal(SafetensorsBytes.file(header: header), .corrupt, saying: "UTF-8")
  }

  @Test(arguments: [
    ("[2]", "[0,4]", "takes 8 bytes, not 4"),
    ("[1]", "[0,8]", "takes 4 bytes, not 8"),
    ("[1]", "[4,0]", "ends before it begins"),
    ("[-1]", "[0,4]", "shape"),
    ("[1.0]", "[0,4]", "shape"),
    ("[1]", "[0,4,8]", "data_offsets"),
    ("[1]", "[-4,0]", "data_offsets"),
    ("[4611686018427387905,4]", "[0,16]", "no whole number of bytes"),
    ("[4611686018427387904]", "[0,0]", "no whole number of bytes"),
    ("[18446744073709551615]", "[0,4]", "shape"),
  ])
  func refusesSizesThatDoNotFit(shape: String, offsets: String, saying: String) throws {
    try expectRefusal(
      SafetensorsBytes.file(header: header("F32", shape, offsets), buffer: zeros(16)), .corrupt,
      saying: saying)
  }

  @Test func refusesSubByteTensorsThatEndWithinAByte() throws {
    try expectRefusal(
      SafetensorsBytes.file(header: header("F4", "[3]", "[0,1]"), buffer: zeros(1)), .corrupt,
      saying: "no whole number of bytes")
  }

  @Test func refusesANameThatStandsTwice() throws {
    let one = #"{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
    try expectRefusal(
      SafetensorsBytes.file(header: #"{"w":\#(one),"v":\#(one),"\u0077":\#(one)}"#), .corrupt,
      saying: "`w`: its name stands twice")
  }

  @Test func refusesMoreDimensionsThanThereAre() throws {
    let ones = { (count: Int) in "[\(String(repeating: "1,", count: count - 1))1]" }
    let whole = SafetensorsBytes.file(header: header("U8", ones(64), "[0,1]"), buffer: zeros(1))
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(whole, to: "model.safetensors", in: folder)
      #expect(try SafetensorsFile(path: path).entries[0].shape.count == 64)
    }
    try expectRefusal(
      SafetensorsBytes.file(header: header("U8", ones(65), "[0,1]"), buffer: zeros(1)), .corrupt,
      saying: "at most 64 sizes")
  }

  @Test func refusesUnknownTypes() throws {
    try expectRefusal(
      SafetensorsBytes.file(header: header("F128", "[1]", "[0,16]"), buffer: zeros(16)),
      .unsupported, saying: "F128")
  }

  @Test func refusesOverlapsAndHoles() throws {
    func two(_ second: String) -> String {
      #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"#
        + #""b":{"dtype":"U8","shape":[8],"data_offsets":\#(second)}}"#
    }
    for (second, buffer, saying) in [
      ("[4,12]", 12, "`b`: it overlaps"), ("[0,8]", 8, "it overlaps"),
      ("[9,17]", 17, "1 bytes before it"),
    ] {
      try expectRefusal(
        SafetensorsBytes.file(header: two(second), buffer: zeros(buffer)), .corrupt,
        saying: saying)
    }
    try expectRefusal(
      SafetensorsBytes.file(header: header("U8", "[4]", "[1,5]"), buffer: zeros(5)), .corrupt,
      saying: "1 bytes before it")
  }

  @Test func tellsMissingBytesFromExtraOnes() throws {
    let text = header("U8", "[4]", "[0,4]")
    let whole = 8 + text.utf8.count + 4
    try expectRefusal(
      SafetensorsBytes.file(header: text, buffer: zeros(3)), .truncated,
      saying: "\(whole - 1) of \(whole) bytes")
    try expectRefusal(
      SafetensorsBytes.file(header: text, buffer: zeros(5)), .corrupt,
      saying: "1 bytes after the last tensor")
  }

  @Test func refusesEveryTruncation() throws {
    let whole = SafetensorsBytes.file([
      .init("a", shape: [2], floats: [1, 2]), .init("b", shape: [1], floats: [3]),
    ])
    for length in 0..<whole.count {
      try expectRefusal(Array(whole[..<length]), .truncated, saying: "\(length) of ")
    }
  }

  @Test func recognisesOtherFiles() throws {
    let pointer = """
      version https://git-lfs.github.com/spec/v1
      oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
      size 90868376
      """
    for (text, saying) in [
      (pointer, "git lfs pull"), ("<!DOCTYPE html><html></html>", "web page"),
      ("\n  <HTML lang=en>", "web page"), ("PK\u{3}\u{4}archive/data.pkl", "PyTorch"),
      ("GGUF\u{3}\0\0\0", "GGUF"),
    ] {
      try expectRefusal(Array(text.utf8), .foreign, saying: saying)
    }
  }

  @Test func messagesStayOnOneLine() throws {
    let header = #"{"evil\nname":{"dtype":"U8","shape":[1],"data_offsets":[0,2]}}"#
    try expectRefusal(
      SafetensorsBytes.file(header: header, buffer: zeros(2)), .corrupt, saying: #"evil\u{a}name"#)
  }

  @Test func missingFilesAndFoldersAreNamed() throws {
    #expect(throws: SystemError.missingFile(path: "/nowhere/x", hint: "no such file")) {
      try SafetensorsFile(path: "/nowhere/x")
    }
    #expect(throws: SystemError.self) { try SafetensorsFile(path: "/tmp") }
  }
}
