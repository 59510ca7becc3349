import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@Suite("Projections after blocks on the command line")
struct DepthCommandTests {
  @Test("tuned, listed, folded, answered together and refused by export")
  func wholeWay() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      try Demonstration.copyData(to: folder)
      func eptc(_ arguments: [String], input: String = "") throws -> CommandLineRun {
        let run = try CommandLineRun(arguments, in: folder, input: input)
        #expect(run.status == 0, "\(arguments): \(run.errors)")
        return run
      }
      _ = try eptc(["convert", "model.safetensors"])
      for (name, flags) in [
        ("a", ["--prompt-length", "0", "--depth", "last:1"]),
        (
          "b",
          ["--prompt-length", "0", "--depth", "last:1", "--depth-subspaces", "1", "--type", "q8"]
        ),
        ("c", ["--prompt-length", "3", "--depth", "all", "--type", "f16"]),
      ] {
        _ = try eptc(
          [
            "tune", "--task", "sst2", "--steps", "2", "--batch", "4", "--quiet", "-o",
            "\(name).eptb",
          ]
            + flags)
      }
      let listing = try JSON(parsing: try eptc(["inspect", "a.eptb", "--json"]).output)
      let sizes = try #require(listing["depth"]?.string)
      #expect(sizes.contains("encoder_blocks=1") && sizes.contains("K=4 k=1 numbers="), "\(sizes)")
      let tensors = try JSON(parsing: try eptc(["inspect", "b.eptb", "--json"]).output)["tensors"]
      let types = (tensors?.array ?? []).compactMap { $0["type"]?.string }
      #expect(types.contains("q8"), "\(types)")
      _ = try eptc(["fold", "c.eptb", "-o", "folded.eptb", "--type", "q8"])
      let folded = try JSON(parsing: try eptc(["inspect", "folded.eptb", "--json"]).output)
      #expect(folded["depth"]?.string == (try listingOfAll(folder)))
      // All prompts answer each line; together as alone.
      let lines = "a fine film\na dull film\n"
      let together = try eptc(
        ["infer", "a.eptb", "b.eptb", "c.eptb", "--quiet"], input: lines
      ).output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
      for (index, name) in ["a", "b", "c"].enumerated() {
        let alone = try eptc(["infer", "\(name).eptb", "--quiet"], input: lines)
        #expect(together.map { $0[index] } == alone.output.split(separator: "\n").map(String.init))
      }
      let refused = try CommandLineRun(["export", "c.eptb", "--peft", "out"], in: folder)
      #expect(refused.status != 0 && refused.errors.contains("after blocks"), "\(refused.errors)")
      #expect(refused.errors.trimmingCharacters(in: .newlines).split(separator: "\n").count == 1)
    }
  }

  /// What `inspect` says of the bundle that the folded one came from.
  private func listingOfAll(_ folder: String) throws -> String? {
    try JSON(
      parsing: try CommandLineRun(["inspect", "c.eptb", "--json"], in: folder).output)["depth"]?
      .string
  }
}
