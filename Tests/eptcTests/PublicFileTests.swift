import EPTTestSupport
import Foundation
import Testing

/// Files as they lie about in public train without a converter.
struct PublicFileTests {
  /// A file, made as those who publish such files make it.
  struct PublicFile: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    var flags: [String] = []
    /// What the first line of progress says of it.
    let title: String
    var testDescription: String { name }

    init(_ name: String, _ text: String, flags: [String] = [], title: String) {
      self.init(name, bytes: Array(text.utf8), flags: flags, title: title)
    }

    init(_ name: String, bytes: [UInt8], flags: [String] = [], title: String) {
      (self.name, self.bytes, self.flags, self.title) = (name, bytes, flags, title)
    }
  }

  private static let texts = (0..<20).map { "a \($0 % 2 == 0 ? "good" : "bad") film, number \($0)" }
  private static let labels = (0..<20).map { $0 % 2 == 0 ? "yes" : "no" }

  /// One line a row, made of its text and label.
  private static func lines(_ line: (String, String) -> String, end: String = "\n") -> String {
    zip(texts, labels).map { line($0, $1) + end }.joined()
  }

  private static func utf16(_ text: String) -> [UInt8] {
    ("\u{FEFF}" + text).utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
  }

  /// `Caf\u{e9}` in each text, as ISO 8859-1 has it.
  private static func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
  }

  static let files = [
    PublicFile(
      "quoted.csv",
      "text,label\n" + lines { "\"\($0)\nsecond line, \"\"quoted\"\"\",\($1)" },
      title: "CSV between `,`, with the columns text, label"),
    PublicFile(
      "excel.txt",
      bytes: utf16("text\tlabel\r\n" + lines({ "\"\($0)\t\"\"x\"\"\"\t\($1)" }, end: "\r\n")),
      title: "CSV between tabs in UTF-16, with the columns text, label"),
    PublicFile("fasttext.train", lines { "__label__\($1) \($0)" }, title: "fastText"),
    PublicFile(
      "train_5500.label", bytes: latin1(lines { "\($1.uppercased()):sub \($0) caf\u{E9} ?" }),
      flags: ["--data-format", "label-text", "--text-encoding", "latin1"],
      title: "label and text in Latin-1"),
    PublicFile(
      "array.json",
      "[\n"
        + zip(texts, labels).map { " {\"text\": \"\($0)\",\n  \"label\": \"\($1)\"}" }
        .joined(separator: ",\n") + "\n]\n", title: "a JSON array of objects"),
    PublicFile(
      "rows.ndjson", lines { "{\"label\": \"\($1)\", \"text\": \"\($0)\"}" },
      title: "JSON, an object a line"),
    PublicFile(
      "semicolons.csv", "Text;Label\n" + lines { "\($0);\($1)" },
      title: "CSV between `;`, with the columns Text, Label"),
    PublicFile(
      "capitals.tsv", "SENTENCE\tLABEL\n" + lines { "\($0)\t\($1)" },
      title: "TSV, with the columns SENTENCE, LABEL"),
    PublicFile(
      "windows.csv", "\u{FEFF}text,label\r\n" + lines({ "\"\($0)\",\($1)" }, end: "\r\n"),
      title: "CSV between `,`, with the columns text, label"),
    PublicFile(
      "pandas.csv",
      ",text,label\n"
        + zip(texts, labels).enumerated()
        .map { "\($0.offset),\"\($0.element.0)\",\($0.element.1)\n" }.joined(),
      title: "CSV between `,`, with the columns text, label"),
  ]

  @Test("Trains, is scored on its own held-out rows, and answers", arguments: files)
  func trains(file: PublicFile) throws {
    try withModel { folder in
      _ = try TestPaths.write(file.bytes, to: file.name, in: folder)
      let tune = try CommandLineRun(
        ["tune", "--steps", "1", "--train", file.name, "-o", "t.eptb"] + file.flags, in: folder)
      #expect(tune.status == 0, "\(tune.errors)")
      let first = tune.errors.split(separator: "\n").first ?? ""
      #expect(first == "eptc: \(file.name): \(file.title)")
      #expect(tune.errors.lowercased().contains("16 training, 2 validation, 2 test rows"))
      let eval = try CommandLineRun(["eval", "t.eptb", "--json"], in: folder)
      #expect(eval.status == 0 && eval.output.contains("\"rows\":2"), "\(eval.errors)")
    }
  }

  @Test("gzip, zstd and a pipe give the bundle that the plain file gives")
  func compressedAndPiped() throws {
    try withModel { folder in
      let text = Self.files[0].bytes
      _ = try TestPaths.write(text, to: "a.csv", in: folder)
      let shell = """
        gzip -k a.csv && zstd -q a.csv -o a.csv.zst
        for file in a.csv a.csv.gz a.csv.zst; do
          '\(try CommandLineRun.tool().path)' tune --quiet --steps 1 --train $file -o $file.eptb || exit 1
        done
        '\(try CommandLineRun.tool().path)' tune --quiet --steps 1 --train - -o pipe.eptb < a.csv || exit 1
        '\(try CommandLineRun.tool().path)' tune --quiet --steps 1 --train <(cat a.csv.gz) -o fifo.eptb
        """
      let run = try CommandLineRun(
        executable: URL(fileURLWithPath: "/bin/bash"), ["-c", shell], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let lines = run.output.split(separator: "\n").map { $0.split(separator: "\t") }
      #expect(
        lines.map { String($0[0]) } == [
          "a.csv.eptb", "a.csv.gz.eptb", "a.csv.zst.eptb", "pipe.eptb", "fifo.eptb",
        ])
      #expect(Set(lines.map { $0.dropFirst().joined(separator: " ") }).count == 1)
    }
  }

  /// A folder with the demonstration's backbone.
  private func withModel(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      #expect(try CommandLineRun(["convert", "model.safetensors"], in: folder).status == 0)
      try body(folder)
    }
  }
}
