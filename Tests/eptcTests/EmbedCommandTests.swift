import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// `eptc embed` on the command line.
struct EmbedCommandTests {
  private func withModel(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      let convert = try CommandLineRun(
        ["convert", "model.safetensors", "--encoding", "f32"], in: folder)
      #expect(convert.status == 0, "\(convert.errors)")
      try body(folder)
    }
  }

  private func vectors(_ run: CommandLineRun) throws -> [[Double]] {
    try run.output.split(separator: "\n").map { line in
      try JSON(parsing: String(line))["embedding"]?.array?.compactMap(\.number) ?? []
    }
  }

  @Test("JSONL, TSV and NumPy hold the same vectors, of length 1 unless told otherwise")
  func formats() throws {
    try withModel { folder in
      let input = "a lovely film\nthe meal was cold\n\n"
      let json = try vectors(CommandLineRun(["embed"], in: folder, input: input))
      #expect(json.count == 3)
      for vector in json {
        #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
      }
      let tsv = try CommandLineRun(["embed", "--format", "tsv"], in: folder, input: input)
      let columns = tsv.output.split(separator: "\n").map { line in
        line.split(separator: "\t").compactMap { Double($0) }
      }
      #expect(columns == json)
      let array = try CommandLineRun(
        ["embed", "--output", "vectors.npy"], in: folder, input: input)
      #expect(array.status == 0 && array.output.isEmpty, "\(array.errors)")
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/vectors.npy")))
      let d = json[0].count
      #expect(bytes.count == 128 + 4 * 3 * d && bytes[127] == 0x0A)
      let header = String(decoding: bytes[10..<128], as: UTF8.self)
      #expect(header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (3, \(d)), }"))
      let numbers = bytes.withUnsafeBytes { bytes in
        (0..<3 * d).map {
          bytes.loadUnaligned(fromByteOffset: 128 + 4 * $0, as: Float.self)
        }
      }
      #expect(numbers == json.joined().map { Float($0) })
      let raw = try vectors(
        CommandLineRun(["embed", "--no-normalize", "--pooling", "last"], in: folder, input: input))
      #expect(raw[0].reduce(0) { $0 + $1 * $1 } > 1.5)
      // An output that is there stays.
      let again = try CommandLineRun(
        ["embed", "--output", "vectors.npy"], in: folder, input: "a\n")
      #expect(again.status == 73 && again.errors.contains("--force"), "\(again.errors)")
    }
  }

  @Test("Pairs give the cosine of what their texts give")
  func similarity() throws {
    try withModel { folder in
      let texts = ["a lovely film", "the meal was cold"]
      let json = try vectors(
        CommandLineRun(["embed"], in: folder, input: texts.joined(separator: "\n")))
      let cosine = zip(json[0], json[1]).reduce(0) { $0 + $1.0 * $1.1 }
      let pair = try CommandLineRun(
        ["embed", "--similarity"], in: folder, input: "\(texts[0])\t\(texts[1])\na\ta\n")
      let lines = pair.output.split(separator: "\n").compactMap { Double($0) }
      #expect(lines.count == 2, "\(pair.errors)")
      #expect(abs(lines[0] - cosine) < 2e-6 && lines[1] == 1)
      let records = try CommandLineRun(
        ["embed", "--similarity", "--input-format", "jsonl", "--format", "jsonl", "--keep"],
        in: folder,
        input: #"{"id":7,"sentence1":"\#(texts[0])","sentence2":"\#(texts[1])","note":1}"#)
      let object = try JSON(parsing: records.output)
      #expect(object.object?.map(\.key) == ["id", "note", "similarity"])
      #expect(object["similarity"]?.number == lines[0])
    }
  }

  @Test("Bad records stop, or leave their place empty, or say what is wrong")
  func badRecords() throws {
    try withModel { folder in
      let input = "{\"text\":\"a\"}\n{\"x\":1}\n{\"text\":\"b\"}\n"
      func run(_ arguments: String...) throws -> CommandLineRun {
        try CommandLineRun(
          ["embed", "--input-format", "jsonl", "--quiet"] + arguments, in: folder, input: input)
      }
      let stop = try run("--output", "a.npy")
      #expect(stop.status == 65 && stop.errors.hasPrefix("eptc: stdin:2: no text \"text\""))
      #expect(!FileManager.default.fileExists(atPath: folder + "/a.npy"))
      let skip = try run("--on-error", "skip")
      #expect(skip.status == 0)
      #expect(skip.output.split(separator: "\n")[1] == "{\"embedding\":null}")
      let tabs = try run("--on-error", "skip", "--format", "tsv").output
        .split(separator: "\n", omittingEmptySubsequences: false)
      #expect(Set(tabs[0...2].map { $0.count { $0 == "\t" } }).count == 1)
      let array = try run("--on-error", "skip", "--output", "b.npy")
      #expect(array.status == 0, "\(array.errors)")
      let record = try run("--on-error", "record")
      #expect(record.output.split(separator: "\n")[1].hasPrefix("{\"error\":\"stdin:2: "))
    }
  }

  @Test("Wrong usage is status 64")
  func usage() throws {
    try TestPaths.withTemporaryFolder { folder in
      for arguments in [
        ["--format", "npy"], ["--format", "npy", "--output", "a.npy", "--keep"],
        ["--output", "a.npy", "--on-error", "record"], ["--pooling", "max"], ["--batch", "0"],
        ["a.eptb", "--prompt", "b.eptb"], ["a.eptb", "--input-length", "5"],
        ["--input-length", "0"],
      ] {
        let run = try CommandLineRun(["embed"] + arguments, in: folder)
        #expect(run.status == 64, "\(arguments): \(run.errors)")
      }
    }
  }

  @Test("Behind a bundle, and not for pairs of a task of several texts")
  func bundle() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let plain = try CommandLineRun(["embed"], in: folder, input: "a film\n")
      let tuned = try CommandLineRun(["embed", "sst2.eptb"], in: folder, input: "a film\n")
      #expect(tuned.status == 0 && tuned.output != plain.output, "\(tuned.errors)")
      #expect(try vectors(tuned)[0].count == vectors(plain)[0].count)
      let pair = try CommandLineRun(
        ["embed", "sst2.eptb", "--similarity"], in: folder, input: "a film\ta film\n")
      #expect(pair.output == "1.0\n")
    }
  }
}
