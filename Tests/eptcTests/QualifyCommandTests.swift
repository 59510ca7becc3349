import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// `eptc qualify`: a quantised backbone against f32.
struct QualifyCommandTests {
  @Test("Figures, budget, page and exit status")
  func qualify() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      for encoding in ["q4", "f32"] {
        let convert = try CommandLineRun(
          [
            "convert", "model.safetensors", "--encoding", encoding, "--output",
            "\(encoding).ept",
          ], in: folder)
        #expect(convert.status == 0, "\(convert.errors)")
      }
      func run(_ arguments: String...) throws -> CommandLineRun {
        try CommandLineRun(
          [
            "qualify", "sst2.eptb", "--model", "q4.ept", "--reference", "f32.ept",
            "--repetitions", "5",
          ] + arguments, in: folder)
      }
      let plain = try run()
      #expect(plain.status == 0 && plain.output.contains("no budget was given"), "\(plain.errors)")
      let json = try JSON(
        parsing: run(
          "--json", "--threshold", "positive=0.5", "--limit", "difference=1", "--limit",
          "agreement=0"
        ).output)
      #expect(json["passed"] == true)
      let agreement = try #require(json["agreement"]?.number)
      let changes = try #require(json["changes"]?.array)
      let rows = try #require(json["rows"]?.integer)
      #expect(abs(agreement - Double(rows - changes.count) / Double(rows)) < 1e-12)
      #expect(json["thresholds"]?.array?.count == 1)
      // What `eval` says of each encoding.
      for (member, file) in [("candidate", "q4.ept"), ("reference", "f32.ept")] {
        let eval = try JSON(
          parsing: CommandLineRun(
            ["eval", "sst2.eptb", "--model", file, "--json"], in: folder
          ).output)
        #expect(json[member]?["metric"] == eval["metric"])
      }
      try Data("{\"agreement\": 1, \"difference\": 0}".utf8)
        .write(to: URL(fileURLWithPath: folder + "/budget.json"))
      let failed = try run("--budget", "budget.json", "--html", "page.html")
      #expect(failed.status == 1 && failed.output.hasSuffix("\nfailed\n"), "\(failed.errors)")
      let page = String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: folder + "/page.html")), as: UTF8.self)
      #expect(page.contains("sst2: failed") && page.contains("exceeded"))
      let same = try CommandLineRun(
        [
          "qualify", "sst2.eptb", "--model", "f32.ept", "--reference", "f32.ept", "--repetitions",
          "1", "--limit", "agreement=1", "--limit", "difference=0",
        ], in: folder)
      #expect(same.status == 0 && same.output.hasSuffix("\npassed\n"), "\(same.output)")
      for arguments in [
        ["--limit", "speed=1"], ["--limit", "agreement=-1"], ["--threshold", "positive"],
        ["--repetitions", "0"],
      ] {
        let usage = try CommandLineRun(
          ["qualify", "sst2.eptb", "--reference", "f32.ept"] + arguments, in: folder)
        #expect(usage.status == 64, "\(usage.errors)")
      }
      #expect(try run("--threshold", "good=0.5").status == 65)
    }
  }
}
