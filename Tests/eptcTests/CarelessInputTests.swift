import EPTTestSupport
import Foundation
import Testing

/// What careless hands give: unset variables, encodings that nothing tells, rows of one class.
@Suite(.timeLimit(.minutes(15))) struct CarelessInputTests {
  private func withBundle(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try MistakeFiles.write(to: folder)
      try body(folder)
    }
  }

  @Test("An empty argument is told, whatever it belongs to, and nothing runs")
  func emptyArguments() throws {
    try TestPaths.withTemporaryFolder { folder in
      for (arguments, owner) in [
        (["infer", ""], "an argument"), (["tune", "--train", ""], "the value of --train"),
        (["eval", "a.eptb", "-m", ""], "the value of -m"), (["convert", ""], "an argument"),
        (["export", "a.eptb", "--peft", ""], "the value of --peft"),
        (["tune", "--task=", "--steps", "1"], "the value of --task"), ([""], "an argument"),
        (["serve", "--prompts", ""], "the value of --prompts"),
      ] {
        let run = try CommandLineRun(arguments, in: folder)
        #expect(run.status == 64)
        #expect(run.errors == "eptc: \(owner) is empty; is a variable of the shell unset?\n")
      }
    }
  }

  @Test("UTF-16 without a mark is refused in a stream too, and answered where it is named")
  func unmarkedStream() throws {
    try withBundle { folder in
      let tool = try CommandLineRun.tool().path
      func infer(_ flags: String) throws -> CommandLineRun {
        try CommandLineRun(
          executable: URL(fileURLWithPath: "/bin/sh"),
          ["-c", "iconv -f utf-8 -t utf-16le bare.txt | '\(tool)' infer a.eptb \(flags)"],
          in: folder)
      }
      let refused = try infer("")
      #expect(refused.status == 65 && refused.output.isEmpty)
      #expect(
        refused.errors
          == "eptc: stdin is UTF-16 without a byte order mark; name its encoding "
          + "(--text-encoding utf16le)\n")
      let named = try infer("--text-encoding utf16le")
      #expect(named.status == 0)
      #expect(named.output.split(separator: "\n").count == 2)
    }
  }

  @Test("Rows of one class are no sign of a collapsed prompt")
  func oneClass() throws {
    try withBundle { folder in
      let header = "text\tlabel\n"
      let same = (0..<4).map { "a good film \($0)\tyes\n" }.joined()
      try (header + same)
        .write(toFile: folder + "/yes.tsv", atomically: true, encoding: .utf8)
      let tune = try CommandLineRun(
        ["tune", "--steps", "1", "--train", "a.tsv", "--dev", "yes.tsv", "-o", "y.eptb"],
        in: folder)
      #expect(tune.status == 0 && !tune.errors.contains("collapsed"), "\(tune.errors)")
      let eval = try CommandLineRun(["eval", "a.eptb", "--test", "yes.tsv"], in: folder)
      #expect(eval.status == 0 && !eval.errors.contains("collapsed"), "\(eval.errors)")
      // The same text with either label gets one answer.
      try (header + "a film\tyes\na film\tno\n")
        .write(toFile: folder + "/both.tsv", atomically: true, encoding: .utf8)
      let both = try CommandLineRun(["eval", "a.eptb", "--test", "both.tsv"], in: folder)
      #expect(both.status == 0 && both.errors.contains("collapsed"), "\(both.errors)")
    }
  }
}
