import EPTFormat
import EPTTestSupport
import Foundation
import Testing

struct ThreeCommandTests {
  @Test("The three commands work verbatim in one folder")
  func threeCommands() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder, steps: 400)
      let infer = try CommandLineRun(
        ["infer", "--prompt", "sst2.eptb"], in: folder, input: "a gripping film\n")
      #expect(infer.status == 0)
      #expect(infer.output == "positive\n")

      let eval = try CommandLineRun(["eval", "--prompt", "sst2.eptb", "--json"], in: folder)
      #expect(eval.status == 0)
      let result = try JSON(parsing: eval.output)
      let accuracy = try #require(result["metric"]?["accuracy"]?.number)
      let majority = try #require(result["majority"]?["accuracy"]?.number)
      #expect(result["rows"] == 500)
      #expect(majority == 0.518)
      #expect(accuracy > majority + 0.25)
    }
  }

  @Test("One answer a line: blank lines, a last line without end, every format")
  func lines() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let input = "a good film\n\n  \nqwxz \u{1F3AC}\r\nlast"
      for format in ["text", "tsv", "jsonl"] {
        let run = try CommandLineRun(
          ["infer", "--prompt", "sst2.eptb", "--format", format, "--batch", "2"], in: folder,
          input: input)
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 6 && lines.last == "")
        for line in lines.dropLast() {
          switch format {
          case "text": #expect(["negative", "positive"].contains(line))
          case "tsv":
            let fields = line.split(separator: "\t")
            let probability = try #require(fields.last.flatMap { Double($0) })
            #expect(fields.count == 2 && (0.5...1).contains(probability))
          default:
            let answer = try JSON(parsing: String(line))
            let all = try #require(answer["probabilities"]?.object)
            #expect(all.map(\.key) == ["negative", "positive"])
            #expect(abs(all.compactMap(\.value.number).reduce(0, +) - 1) < 1e-5)
          }
        }
      }
    }
  }

  @Test("A line's answer does not depend on its neighbours but by rounding")
  func neighbours() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let lines = ["a dull film", "", "a lovely meal with tasty starters and a cosy room .", "no"]
      let input = lines.map { $0 + "\n" }.joined()
      let together = try CommandLineRun(
        ["infer", "--prompt", "sst2.eptb", "--format", "tsv"], in: folder, input: input)
      let apart = try CommandLineRun(
        ["infer", "--prompt", "sst2.eptb", "--format", "tsv", "--batch", "1", "--threads", "1"],
        in: folder, input: input)
      #expect(together.status == 0)
      let (one, other) = (try answers(together), try answers(apart))
      #expect(one.count == lines.count && other.count == lines.count)
      for (mine, theirs) in zip(one, other) {
        #expect(mine.label == theirs.label)
        #expect(abs(mine.probability - theirs.probability) < 1e-5)
      }
    }
  }

  private func answers(
    _ run: CommandLineRun
  ) throws -> [(label: Substring, probability: Double)] {
    try run.output.split(separator: "\n").map { line in
      let fields = line.split(separator: "\t")
      return (fields[0], try #require(fields.last.flatMap { Double($0) }))
    }
  }

  @Test("The same seed and thread count give the same file")
  func sameBytes() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder, steps: 3)
      let first = try Data(contentsOf: URL(fileURLWithPath: folder + "/sst2.eptb"))
      for (seed, isSame) in [("42", true), ("43", false)] {
        let run = try CommandLineRun(
          [
            "tune", "--task", "sst2", "--steps", "3", "--threads", "2", "--seed", seed, "--force",
          ], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let again = try Data(contentsOf: URL(fileURLWithPath: folder + "/sst2.eptb"))
        #expect((again == first) == isSame)
      }
    }
  }

  @Test("Ctrl-C keeps the best so far and says so")
  func interruption() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      try Demonstration.copyData(to: folder)
      #expect(try CommandLineRun(["convert", "model.safetensors"], in: folder).status == 0)
      let process = Process()
      process.executableURL = try CommandLineRun.tool()
      process.arguments = ["tune", "--task", "sst2", "--steps", "100000", "--evaluate-every", "5"]
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      let errors = Pipe()
      process.standardError = errors
      try process.run()
      // It has begun when it has said a few lines.
      var said = ""
      while !said.contains("step 5/"), case let more = errors.fileHandleForReading.availableData,
        !more.isEmpty
      {
        said += String(decoding: more, as: UTF8.self)
      }
      process.interrupt()
      let rest = try #require(try errors.fileHandleForReading.readToEnd())
      process.waitUntilExit()
      #expect(process.terminationStatus == 130)
      #expect(String(decoding: rest, as: UTF8.self).contains("interrupted at step"))
      let inspect = try CommandLineRun(["inspect", "sst2.eptb", "--json"], in: folder)
      #expect(inspect.status == 0)
      #expect(try JSON(parsing: inspect.output)["training"]?["interrupted"] == true)
    }
  }

  @Test("inspect shows all three kinds of file")
  func inspect() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      for (file, kind) in [
        ("model.safetensors", "safetensors"), ("model.ept", "ept"), ("sst2.eptb", "eptb"),
      ] {
        let text = try CommandLineRun(["inspect", file], in: folder)
        #expect(text.status == 0)
        #expect(text.output.hasPrefix("kind: \(kind)\n"))
        let run = try CommandLineRun(["inspect", file, "--json"], in: folder)
        let listing = try JSON(parsing: run.output)
        #expect(listing["kind"] == .string(kind))
        #expect(try #require(listing["tensors"]?.array).isEmpty == false)
      }
    }
  }

  @Test("bfloat16 answers to a bundle that was tuned on int8 rows")
  func otherEncoding() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let convert = try CommandLineRun(
        ["convert", "model.safetensors", "--encoding", "bf16", "--output", "other.ept"], in: folder)
      #expect(convert.status == 0, "\(convert.errors)")
      let input = "a good film\n"
      let several = try CommandLineRun(
        ["infer", "--prompt", "sst2.eptb"], in: folder, input: input)
      // Both are of one checkpoint, which the bundle names by its fingerprint.
      #expect(several.status == 0, "\(several.errors)")
      let named = try CommandLineRun(
        ["infer", "--prompt", "sst2.eptb"], in: folder, input: input,
        environment: ["EPT_MODEL": "other.ept"])
      #expect(named.status == 0, "\(named.errors)")
      #expect(named.output.split(separator: "\n").count == 1)
    }
  }
}
