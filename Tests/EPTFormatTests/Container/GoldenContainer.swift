import EPTFormat
import EPTTestSupport

/// The contents of fixtures/format/golden.ept, which fixtures/format/make_golden.py made.
enum GoldenContainer {
  static let path = TestPaths.fixture("format/golden.ept")

  static let sections = ["config": #"{"model_type":"bert"}"#, "notes": "größer"]

  /// A writer with the same contents, added in another order.
  static func writer() -> ContainerWriter {
    var writer = ContainerWriter(kind: .backbone)
    // In two parts: 1 and -2.
    let parts = [
      PayloadPart(bytes: [0x80], tail: [0x00]), PayloadPart(bytes: [0x3F], tail: [0xC0]),
    ]
    writer.addTensor(
      name: "truncated", shape: [1, 2], encoding: .bf16,
      contents: PayloadContents(partCount: 2) { parts[$0] })
    writer.addTensor(name: "scalar", shape: [], floats: [3.25])
    writer.addSection("notes", Array("größer".utf8))
    // Two rows of a panel of 16 that has one group of 4 columns; 128 stands for 0.
    let codes = [[1, -2, 127, 0], [0, 64, -127, 0]].joined().map { UInt8($0 + 128) }
    let scales: [UInt8] = [0, 0, 0, 0x3F, 0, 0, 0x80, 0x3E]
    writer.addTensor(
      name: "rows", shape: [2, 3], encoding: .q8,
      bytes: codes + .init(repeating: 128, count: 56) + scales + .init(repeating: 0, count: 56))
    writer.addTensor(
      name: "half", shape: [2], encoding: .f16, bytes: [0x00, 0x3E, 0x00, 0xC0])
    writer.addTensor(name: "empty", shape: [0, 3], floats: [])
    writer.addSection("config", Array(#"{"model_type":"bert"}"#.utf8))
    return writer
  }
}
