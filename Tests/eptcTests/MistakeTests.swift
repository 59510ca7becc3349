import EPTTestSupport
import Foundation
import Testing

/// Sixty and more plausible mistakes, and the exact line that each gets.
struct MistakeTests {
  /// A mistake and what it gets.
  struct Mistake {
    let arguments: [String]
    let status: Int32
    let line: String
  }

  /// The table: paragraphs of three lines.
  static func table() throws -> [Mistake] {
    let text = try String(
      contentsOfFile: TestPaths.fixture("commands/mistakes.txt"), encoding: .utf8)
    let paragraphs = text.components(separatedBy: "\n\n").filter { $0.hasPrefix("eptc ") }
    return try paragraphs.map { paragraph in
      let lines = paragraph.split(separator: "\n").map(String.init)
      try #require(lines.count == 3, "\(paragraph)")
      return Mistake(
        arguments: lines[0].split(separator: " ").dropFirst().map(String.init),
        status: try #require(Int32(lines[1])), line: lines[2])
    }
  }

  @Test("Each mistake gets one line that mends it, and writes nothing")
  func everyMistake() throws {
    try TestPaths.withTemporaryFolder { folder in
      try MistakeFiles.write(to: folder)
      let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      let table = try Self.table()
      #expect(table.count > 60)
      for mistake in table {
        let run = try CommandLineRun(mistake.arguments, in: folder)
        #expect(run.status == mistake.status, "\(mistake.arguments)")
        #expect(run.errors == mistake.line + "\n", "\(mistake.arguments)")
        #expect(run.output.isEmpty, "\(mistake.arguments)")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
    }
  }

  @Test("Data that changed under an unfinished run are told")
  func changedData() throws {
    try TestPaths.withTemporaryFolder { folder in
      try MistakeFiles.write(to: folder)
      let tune = [
        "tune", "--train", "a.tsv", "--steps", "400", "--evaluate-every", "1", "-o", "r.eptb",
      ]
      let shell = """
        '\(try CommandLineRun.tool().path)' \(tune.joined(separator: " ")) & run=$!
        until [ -s r.eptb.checkpoint ]; do sleep 0.02; done; kill -9 $run; wait $run; true
        """
      let broken = try CommandLineRun(
        executable: URL(fileURLWithPath: "/bin/bash"), ["-c", shell], in: folder)
      #expect(broken.status == 0, "\(broken.errors)")
      let rows = try String(contentsOfFile: "\(folder)/a.tsv", encoding: .utf8)
      try (rows + "one more film\tyes\n")
        .write(toFile: "\(folder)/a.tsv", atomically: true, encoding: .utf8)
      let run = try CommandLineRun(tune + ["--resume", "--quiet"], in: folder)
      #expect(run.status == 65)
      #expect(
        run.errors
          == "eptc: r.eptb.checkpoint is of a run with other data: a file of rows has changed since; "
          + "put the old rows back, or start over with --force\n")
    }
  }

  @Test("Two label words that a T5 cannot tell apart are both named")
  func sameLabelTokens() throws {
    try TestPaths.withTemporaryFolder { folder in
      try MistakeFiles.write(to: folder)
      // The demonstration's vocabulary has neither sign.
      let rows = (0..<6).map { "a film\t\($0 % 2 == 0 ? "\u{4E00}" : "\u{4E8C}")\n" }.joined()
      try ("text\tlabel\n" + rows)
        .write(toFile: "\(folder)/s.tsv", atomically: true, encoding: .utf8)
      let tune = ["tune", "--steps", "1", "--quiet", "--train", "s.tsv", "--dev", "s.tsv"]
      let run = try CommandLineRun(tune, in: folder)
      #expect(run.status == 65)
      let line = run.errors.split(separator: "\n").last ?? ""
      #expect(
        line
          == "eptc: task s: the tokenizer gives the label words \"\u{4E00}\" and \"\u{4E8C}\" the same "
          + "tokens, so that no answer could tell them apart (--labels digits gives each a number)")
      #expect(try CommandLineRun(tune + ["--labels", "digits"], in: folder).status == 0)
    }
  }
}
