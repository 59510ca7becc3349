import EPTFormat
import EPTTestSupport
import Foundation
import Testing

struct BadInputTests {
  @Test("A bad checkpoint: one line, status 65 or 66, no output", arguments: BadCheckpoint.allCases)
  func badCheckpoint(fault: BadCheckpoint) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      try fault.spoil(folder)
      let run = try CommandLineRun(["convert", "model.safetensors"], in: folder)
      #expect(run.status == fault.status, "\(run.errors)")
      expectOneLine(run)
      #expect(run.errors.contains(fault.clue), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/model.ept"))
    }
  }

  @Test(
    "A damaged .ept or .eptb is refused by every command that reads it",
    arguments: ["model.ept", "sst2.eptb"], [0.0, 0.3, 0.999])
  func damaged(file: String, place: Double) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let url = URL(fileURLWithPath: "\(folder)/\(file)")
      let whole = try Data(contentsOf: url)
      let at = Int(Double(whole.count) * place)
      var flipped = whole
      flipped[at] ^= 0x10
      for (bytes, clue) in [(flipped, file), (whole.prefix(at), file)] {
        try bytes.write(to: url)
        for command in [["infer", "--prompt", "sst2.eptb"], ["eval", "--prompt", "sst2.eptb"]] {
          let run = try CommandLineRun(command, in: folder, input: "a film\n")
          #expect(run.status == 65, "\(run.errors)")
          #expect(run.errors.contains(clue))
          #expect(run.output.isEmpty)
          expectOneLine(run)
        }
      }
    }
  }

  @Test("A bundle made for another backbone is refused, naming both")
  func otherBackbone() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      // One more word in the configuration: another checkpoint, as far as anyone can tell.
      let config = folder + "/config.json"
      let text = try String(contentsOfFile: config, encoding: .utf8)
      try text.replacingOccurrences(of: "\"use_cache\": true", with: "\"use_cache\": false")
        .write(toFile: config, atomically: true, encoding: .utf8)
      let convert = try CommandLineRun(
        ["convert", "model.safetensors", "--output", "other.ept"], in: folder)
      #expect(convert.status == 0)
      let run = try CommandLineRun(
        ["infer", "--prompt", "sst2.eptb", "--model", "other.ept"], in: folder, input: "a film\n")
      #expect(run.status == 65)
      #expect(run.errors.contains("model (t5") && run.errors.contains("other (t5"))
      #expect(run.output.isEmpty)
      expectOneLine(run)
    }
  }

  @Test("A row with too few columns is named by file and line")
  func shortRow() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let path = folder + "/data/SST-2/train.tsv"
      var lines = try String(contentsOfFile: path, encoding: .utf8)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      lines[6] = "a row without a label"
      try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
      let run = try CommandLineRun(
        ["tune", "--task", "sst2", "--output", "new.eptb"], in: folder)
      #expect(run.status == 65)
      #expect(run.errors.contains("train.tsv:7: "))
      #expect(!FileManager.default.fileExists(atPath: folder + "/new.eptb"))
      expectOneLine(run)
    }
  }

  @Test("An unknown task is answered with the nearest names")
  func unknownTask() throws {
    try TestPaths.withTemporaryFolder { folder in
      let run = try CommandLineRun(["tune", "--task", "sts2"], in: folder)
      #expect(run.status == 65)
      #expect(run.errors.contains("sst2"))
      expectOneLine(run)
    }
  }

  @Test("What is missing is status 66 and named")
  func missing() throws {
    try TestPaths.withTemporaryFolder { folder in
      for (arguments, clue) in [
        (["convert", "model.safetensors"], "model.safetensors"),
        (["infer", "--prompt", "sst2.eptb"], "sst2.eptb"),
        (["tune", "--task", "sst2"], "EPT_DATA"),
        (["inspect", "nothing"], "nothing"),
      ] {
        let run = try CommandLineRun(arguments, in: folder)
        #expect(run.status == 66, "\(arguments): \(run.errors)")
        #expect(run.errors.contains(clue), "\(run.errors)")
        expectOneLine(run)
      }
      try Demonstration.copyData(to: folder)
      let run = try CommandLineRun(["tune", "--task", "sst2"], in: folder)
      #expect(run.status == 66)
      #expect(run.errors.contains("EPT_MODEL"))
    }
  }

  @Test("An output that is there is kept unless --force says otherwise")
  func existingOutput() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      let output = folder + "/model.ept"
      try "mine".write(toFile: output, atomically: true, encoding: .utf8)
      let refused = try CommandLineRun(["convert", "model.safetensors"], in: folder)
      #expect(refused.status == 73)
      #expect(try String(contentsOfFile: output, encoding: .utf8) == "mine")
      let forced = try CommandLineRun(["convert", "model.safetensors", "--force"], in: folder)
      #expect(forced.status == 0)
      #expect(try CommandLineRun(["inspect", "model.ept"], in: folder).status == 0)
    }
  }

  @Test("A folder that cannot be written is status 73")
  func unwritableFolder() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.copyCheckpoint(to: folder)
      // Root may write anywhere but where there is no folder or no file can be.
      for output in ["nowhere/model.ept", "/proc/model.ept"] {
        let run = try CommandLineRun(
          ["convert", "model.safetensors", "--output", output], in: folder)
        #expect(run.status == 73, "\(run.errors)")
        #expect(run.errors.contains(output))
        expectOneLine(run)
      }
    }
  }

  @Test("Wrong usage is status 64")
  func usage() throws {
    try TestPaths.withTemporaryFolder { folder in
      for arguments in [
        ["tune"], ["infer", "--prompt", "a", "--batch", "0"],
        ["tune", "--task", "x", "--steps", "0"],
        ["convert", "a", "--encoding", "int3"], ["frobnicate"],
      ] {
        let run = try CommandLineRun(arguments, in: folder)
        #expect(run.status == 64, "\(arguments): \(run.errors)")
      }
    }
  }

  private func expectOneLine(_ run: CommandLineRun) {
    let lines = run.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(run.errors)")
    #expect(lines.first?.hasPrefix("eptc: ") == true)
  }
}

/// A way in which `model.safetensors` or a file beside it can be bad.
enum BadCheckpoint: CaseIterable {
  case truncated, lyingHeader, overlap, missingTensor, wrongShape, gitLFSPointer, webPage
  case unsupportedArchitecture, noConfiguration, noTokenizer

  var status: Int32 {
    switch self {
    case .noConfiguration, .noTokenizer: 66
    default: 65
    }
  }

  /// A word that the message must have.
  var clue: String {
    switch self {
    case .truncated: "truncated"
    case .lyingHeader, .overlap: "model.safetensors"
    case .missingTensor: "decoder.final_layer_norm.weight"
    case .wrongShape: "shape"
    case .gitLFSPointer: "git-LFS"
    case .webPage: "web page"
    case .unsupportedArchitecture: "bert, t5"
    case .noConfiguration: "config.json"
    case .noTokenizer: "tokenizer.json"
    }
  }

  /// Spoils the checkpoint in `folder`.
  func spoil(_ folder: String) throws {
    let weights = URL(fileURLWithPath: folder + "/model.safetensors")
    let config = URL(fileURLWithPath: folder + "/config.json")
    switch self {
    case .truncated: try Data(contentsOf: weights).dropLast(1000).write(to: weights)
    case .lyingHeader:
      var bytes = try Data(contentsOf: weights)
      bytes[5] = 0xFF
      try bytes.write(to: weights)
    case .overlap: try edit(weights, "\"data_offsets\":[0,", "\"data_offsets\":[2,")
    case .missingTensor:
      try edit(weights, "decoder.final_layer_norm.weight", "decoder.final_layer_norm.wright")
    case .wrongShape: try edit(weights, "\"shape\":[1280,128]", "\"shape\":[128,1280]")
    case .gitLFSPointer:
      try "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
        .write(to: weights, atomically: true, encoding: .utf8)
    case .webPage:
      try "<!DOCTYPE html>\n<html><body>Please sign in</body></html>"
        .write(to: weights, atomically: true, encoding: .utf8)
    case .unsupportedArchitecture:
      try edit(config, "\"model_type\": \"t5\"", "\"model_type\": \"gpt2\"")
    case .noConfiguration: try FileManager.default.removeItem(at: config)
    case .noTokenizer:
      try FileManager.default.removeItem(atPath: folder + "/tokenizer.json")
    }
  }

  /// Replaces the first `old` by `new` of the same length.
  private func edit(_ file: URL, _ old: String, _ new: String) throws {
    var bytes = try Data(contentsOf: file)
    let range = try #require(bytes.range(of: Data(old.utf8)), "no \(old) in \(file.path)")
    bytes.replaceSubrange(range, with: Data(new.utf8))
    try bytes.write(to: file)
  }
}
