import EPTTestSupport
import Foundation
import Testing

/// The C library: its functions, and the C example that is compiled against its header.
struct LibraryTests {
  private static let header = "Sources/CEPTC/include/eptc.h"

  /// The built library's folder.
  private func folder() throws -> String {
    let folder = try CommandLineRun.tool().deletingLastPathComponent().path
    try #require(
      FileManager.default.fileExists(atPath: folder + "/libEPTC.so"), "no libEPTC.so in \(folder)")
    return folder
  }

  private func shell(_ script: String, in folder: String) throws -> CommandLineRun {
    try CommandLineRun(
      executable: URL(fileURLWithPath: "/bin/bash"), ["-c", script], in: folder)
  }

  /// What programs were compiled against must stay: to add a function is fine, to lose one is not.
  private static let functions = [
    "eptc_model_close", "eptc_model_dimensions", "eptc_model_embed", "eptc_model_open",
    "eptc_model_tune", "eptc_status_name", "eptc_string_free", "eptc_task_classify",
    "eptc_task_close", "eptc_task_field", "eptc_task_field_count", "eptc_task_label",
    "eptc_task_label_count", "eptc_task_load", "eptc_task_name", "eptc_task_save",
    "eptc_task_validation",
  ]

  @Test("The library has the functions of its header, and these are known")
  func symbols() throws {
    let nm = try shell(
      "nm -D --defined-only libEPTC.so | awk '$2 == \"T\" && $3 ~ /^eptc_/ { print $3 }'",
      in: folder())
    #expect(nm.output.split(separator: "\n").map(String.init).sorted() == Self.functions)
    let declared = try shell(
      "grep -o 'eptc_[a-z_]*(' \(Self.header) | tr -d '(' | sort -u",
      in: TestPaths.repository.path)
    #expect(declared.output.split(separator: "\n").map(String.init) == Self.functions)
  }

  private static let page = "docs/reference/c.md"

  @Test("The C page names every function, and its example compiles and runs")
  func pageExample() throws {
    let page = try String(
      contentsOf: TestPaths.repository.appendingPathComponent(Self.page), encoding: .utf8)
    for function in Self.functions {
      #expect(page.contains("| `\(function)("), "\(Self.page) has no row for \(function)")
    }
    let example = try #require(page.components(separatedBy: "```c\n").dropFirst().first)
    let program = try #require(example.components(separatedBy: "```").first)
    let libraries = try folder()
    try TestPaths.withTemporaryFolder { folder in
      try program.write(toFile: folder + "/program.c", atomically: true, encoding: .utf8)
      let compile = try shell(
        """
        clang -std=c11 -Wall -Wextra -Werror -I '\(TestPaths.repository.path)/Sources/CEPTC/include' \
        program.c -o program -L '\(libraries)' -lEPTC -Wl,-rpath,'\(libraries)'
        """, in: folder)
      try #require(compile.status == 0, "\(compile.errors)")
      try Demonstration.prepare(folder)
      let run = try shell("./program", in: folder)
      let lines = ["a gripping film", "a dull meal"]
      let answers = try CommandLineRun(
        ["infer", "sst2.eptb"], in: folder, input: lines.joined(separator: "\n") + "\n")
      let labels = answers.output.split(separator: "\n")
      #expect(
        run.output == zip(lines, labels).map { "\($0): \($1)\n" }.joined() && run.status == 0,
        "\(run.errors)")
    }
  }

  @Test("The C example tunes, saves, loads and classifies as the command line does")
  func example() throws {
    let libraries = try folder()
    try TestPaths.withTemporaryFolder { folder in
      let repository = TestPaths.repository.path
      let compile = try shell(
        """
        clang -std=c11 -Wall -Wextra -Werror -I '\(repository)/Sources/CEPTC/include' \
        '\(repository)/examples/c/classify.c' -o classify -L '\(libraries)' -lEPTC \
        -Wl,-rpath,'\(libraries)'
        """, in: folder)
      try #require(compile.status == 0, "\(compile.errors)")
      try Demonstration.prepare(folder)
      let input = "a lovely film\nthe meal was cold\n\n"
      let program = URL(fileURLWithPath: folder + "/classify")
      let run = try CommandLineRun(
        executable: program, ["model.ept", "sst2.eptb"], in: folder, input: input)
      let expected = try CommandLineRun(
        ["infer", "sst2.eptb", "--format", "tsv", "--batch", "1"], in: folder, input: input)
      #expect(run.output == expected.output && run.status == 0, "\(run.errors)")
      let tuned = try CommandLineRun(
        executable: program, ["model.ept", "mood.eptb", "tune"], in: folder, input: input)
      #expect(tuned.status == 0 && tuned.errors == "classify: interrupted at step 4\n")
      let answers = try CommandLineRun(
        ["infer", "mood.eptb", "--format", "tsv", "--batch", "1"], in: folder, input: input)
      #expect(tuned.output == answers.output && !answers.output.isEmpty)
      for (arguments, status, text) in [
        (["model.ept", "mood.eptb", "tune"], 73, "output cannot be created: "),
        (["nothing.ept", "mood.eptb"], 66, "missing input: "),
        (["sst2.eptb", "mood.eptb"], 65, "bad data: "),
        (["model.ept", "model.ept"], 65, "bad data: "),
      ] as [([String], Int32, String)] {
        let run = try CommandLineRun(executable: program, arguments, in: folder)
        #expect(run.status == status && run.errors.contains(text), "\(run.errors)")
      }
    }
  }
}
