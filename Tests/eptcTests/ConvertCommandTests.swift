import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// What `convert` and `inspect` say and do on a command line.
struct ConvertCommandTests {
  private func withCheckpoint(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      try body(folder)
    }
  }

  private func convert(_ arguments: String..., in folder: String) throws -> CommandLineRun {
    try CommandLineRun(["convert", "model.safetensors"] + arguments, in: folder)
  }

  @Test("--dry-run prints a table and writes nothing")
  func dryRun() throws {
    try withCheckpoint { folder in
      for encoding in ["q8", "lossless"] {
        let dry = try convert("--dry-run", "--encoding", encoding, in: folder)
        #expect(dry.status == 0, "\(dry.errors)")
        let lines = dry.output.split(separator: "\n")
        #expect(lines.first?.hasSuffix("bits/weight") == true)
        #expect(lines.contains { $0.hasPrefix("shared.weight ") && $0.contains("[1280, 128]") })
        #expect(lines.last?.hasPrefix("all ") == true)
        #expect(dry.errors.hasPrefix("eptc: would write model.ept: t5, "))
        #expect(!FileManager.default.fileExists(atPath: folder + "/model.ept"))
        // It tells the size that the file then has.
        let run = try convert("--encoding", encoding, "--force", in: folder)
        #expect(run.errors.hasPrefix("eptc: wrote model.ept: t5, "))
        let size = try TestPaths.read(folder + "/model.ept").count
        #expect(
          dry.errors.contains(" -> \(size) bytes (") && run.errors.contains(" -> \(size) bytes ("))
        #expect(run.errors.contains(" s, peak memory "))
        try FileManager.default.removeItem(atPath: folder + "/model.ept")
      }
    }
  }

  @Test("a folder converts as its weights do; the help lists the model types")
  func folders() throws {
    try TestPaths.withTemporaryFolder { folder in
      let model = folder + "/tiny"
      try FileManager.default.copyItem(atPath: TestPaths.fixture("convert/bert"), toPath: model)
      _ = try TestPaths.write(
        Array(#"{"pooling_mode": "cls"}"#.utf8), to: "pooling_config.json", in: model)
      for (input, output) in [
        ("tiny", "tiny.ept"), ("tiny/", "tiny.ept"),
        ("tiny/pytorch_model.bin", "pytorch_model.ept"),
      ] {
        let run = try CommandLineRun(["convert", input, "--force"], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.hasPrefix("eptc: wrote \(output): bert, cls pooling, "), "\(run.errors)")
      }
      let inspect = try CommandLineRun(["inspect", "tiny.ept", "--json"], in: folder)
      #expect(try JSON(parsing: inspect.output)["pooling"] == "cls")
      let table = try CommandLineRun(["convert", "tiny", "--dry-run", "--force"], in: folder)
      #expect(table.output.contains(" f64 "))
      _ = try TestPaths.write(
        try TestPaths.read(TestPaths.fixture("convert/golden.safetensors")),
        to: "model.safetensors", in: model)
      let run = try CommandLineRun(["convert", "tiny", "--force"], in: folder)
      #expect(run.errors.hasPrefix("eptc: tiny: model.safetensors is read; left aside: "))
      let help = try CommandLineRun(["convert", "--help"], in: folder)
      // Its lines break anywhere.
      #expect(help.output.split { $0.isWhitespace }.joined(separator: " ").contains("mpnet: MPNet"))
    }
  }

  @Test("a GGUF file's output is called as the file, without ending and number of the part")
  func ggufNames() throws {
    try TestPaths.withTemporaryFolder { folder in
      for (input, output) in [
        ("llama.gguf", "llama.ept"), ("llama-spm-00001-of-00002.gguf", "llama-spm.ept"),
      ] {
        let run = try CommandLineRun(
          ["convert", TestPaths.fixture("gguf/" + input), "--dry-run"], in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.contains("would write \(output): "), "\(run.errors)")
      }
    }
  }

  @Test("the summary tells this program's memory, not that of the one which started it")
  func peakMemory() throws {
    try withCheckpoint { folder in
      let held = [UInt8](repeating: 1, count: 400 << 20)
      let run = try convert(in: folder)
      #expect(held.last == 1)
      let end = try #require(run.errors.components(separatedBy: " s, peak memory ").last)
      let megabytes = try #require(end.split(separator: " ").first.flatMap { Int($0) })
      #expect(megabytes > 0 && megabytes < 200)
    }
  }

  @Test("--tensor chooses by name, the last that fits counting")
  func tensorRules() throws {
    try withCheckpoint { folder in
      let run = try convert(
        "--tensor", "^shared=f16", "--tensor", "DenseReluDense\\.w[io]=q4", "--tensor",
        "\\.wo\\.=f32",
        in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let listing = try JSON(
        parsing: CommandLineRun(["inspect", "model.ept", "--json"], in: folder).output)
      for tensor in try #require(listing["tensors"]?.array) {
        let name = try #require(tensor["name"]?.string)
        let isMatrix = tensor["shape"]?.array?.count == 2 && !name.contains("relative_attention")
        let expected =
          !isMatrix
          ? "f32"
          : name == "shared.weight"
            ? "f16"
            : name.contains(".wo.")
              ? "f32" : name.contains("DenseReluDense") ? "q4" : "q8"
        #expect(tensor["type"] == .string(expected), "\(name)")
      }
      for (rule, status, clue) in [
        ("nothing=q8", Int32(65), "fits the name of no tensor"), ("(=q8", 65, "regular expression"),
        ("shared", 64, "--tensor cannot be shared"),
        ("shared=q5", 64, "--tensor cannot be shared=q5"),
      ] {
        let refused = try convert("--force", "--tensor", rule, in: folder)
        #expect(refused.status == status && refused.errors.contains(clue), "\(refused.errors)")
      }
    }
  }

  @Test("--verify-against-source tells each tensor's errors")
  func verifiesAgainstSource() throws {
    try withCheckpoint { folder in
      for (encoding, isExact) in [("q8", false), ("lossless", true)] {
        let run = try convert(
          "--encoding", encoding, "--verify-against-source", "--force", in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("shared.weight ") })
        let fields = line.split(separator: " ").suffix(2).compactMap { Double($0) }
        #expect(fields.count == 2)
        #expect(fields.allSatisfy { isExact ? $0 == 0 : $0 > 0 && $0 < 0.1 }, "\(line)")
      }
    }
  }

  @Test("Every thread count writes the same file")
  func threads() throws {
    try withCheckpoint { folder in
      for encoding in ["q4", "lossless"] {
        let outputs = try ["1", "2", "7"].map { threads in
          let run = try convert("--encoding", encoding, "--threads", threads, "--force", in: folder)
          #expect(run.status == 0)
          return try TestPaths.read(folder + "/model.ept")
        }
        #expect(outputs[0] == outputs[1] && outputs[1] == outputs[2])
      }
    }
  }

  @Test("inspect --verify names a damaged tensor, a damaged section, damaged padding")
  func verify() throws {
    try withCheckpoint { folder in
      #expect(try convert(in: folder).status == 0)
      let path = folder + "/model.ept"
      let whole = try TestPaths.read(path)
      let good = try CommandLineRun(["inspect", "model.ept", "--verify"], in: folder)
      #expect(good.status == 0 && good.output.contains("checksums: match"))
      let file = try ContainerFile(path: path, kind: .backbone)
      let record = try #require(file.records.first { $0.name == "shared.weight" })
      // The label `t5` is followed by 62 bytes of padding.
      let label = try #require(file.section("architecture")?.baseAddress)
      let start = try #require(file.file.bytes.baseAddress)
      for (place, clue, isContents) in [
        (record.range.lowerBound + 5, "tensor `shared.weight`", true),
        (label - start, "section `architecture`", false),
        (label - start + 2, "padding that is not zero", false),
      ] {
        var damaged = whole
        damaged[place] ^= 4
        _ = try TestPaths.write(damaged, to: "damaged.ept", in: folder)
        let run = try CommandLineRun(["inspect", "damaged.ept", "--verify"], in: folder)
        #expect(run.status == 65 && run.errors.contains(clue), "\(run.errors)")
        // A tensor's contents are no part of the structure.
        let structure = try CommandLineRun(["inspect", "damaged.ept"], in: folder)
        #expect(structure.status == (isContents ? 0 : 65))
      }
    }
  }

  @Test("inspect --diff compares files of any kinds tensor by tensor")
  func diff() throws {
    try withCheckpoint { folder in
      #expect(try convert(in: folder).status == 0)
      #expect(
        try convert("--encoding", "lossless", "--output", "exact.ept", in: folder).status == 0)
      let same = try CommandLineRun(["inspect", "model.ept", "--diff", "model.ept"], in: folder)
      #expect(same.status == 0, "\(same.errors)")
      let equal = try CommandLineRun(
        ["inspect", "exact.ept", "--diff", "model.safetensors"], in: folder)
      #expect(equal.status == 0, "\(equal.output)")
      #expect(equal.output.contains("equal"))
      let other = try CommandLineRun(
        ["inspect", "model.ept", "--diff", "exact.ept", "--json"], in: folder)
      #expect(other.status == 1)
      let verdicts = try #require(JSON(parsing: other.output)["tensors"]?.array)
      let shared = try #require(verdicts.first { $0["name"] == "shared.weight" })
      #expect(shared["verdict"] == "differs")
      #expect(try #require(shared["largest"]?.number) > 0)
    }
  }
}
