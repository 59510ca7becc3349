import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// `eptc infer` as a filter among other programs.
@Suite(.timeLimit(.minutes(15))) struct StreamCommandTests {
  /// Runs a shell script in a folder with `model.ept`, `sst2.eptb` and `topic.eptb`, where `eptc`
  /// is the built tool.
  func shell(_ script: String, in folder: String) throws -> CommandLineRun {
    let tool = try CommandLineRun.tool().path
    return try CommandLineRun(
      executable: URL(fileURLWithPath: "/bin/bash"),
      ["-c", "eptc() { '\(tool)' \"$@\"; }; \(script)"], in: folder)
  }

  func withDemonstration(_ body: (String) throws -> Void) throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      try FileManager.default.createDirectory(
        atPath: folder + "/tasks", withIntermediateDirectories: true)
      for name in ["sst2", "topic"] {
        try FileManager.default.copyItem(
          atPath: folder + "/sst2.eptb", toPath: "\(folder)/tasks/\(name).eptb")
      }
      try body(folder)
    }
  }

  @Test("A folder of prompts, columns, kept fields, thresholds, top")
  func options() throws {
    try withDemonstration { folder in
      let both = try shell("echo 'a film' | eptc infer --prompts tasks --format tsv", in: folder)
      let columns = both.output.dropLast().split(separator: "\t")
      #expect(both.status == 0 && columns.count == 4)
      #expect(columns.prefix(2) == columns.suffix(2))
      let kept = try shell(
        """
        printf '7\\ta film\\tx\\n' | eptc infer --prompt sst2.eptb --columns id,sentence,note \
        --format tsv --keep --top 5 --threshold positive=0
        """, in: folder)
      #expect(kept.output.hasPrefix("x\tpositive\t"))
      #expect(kept.output.split(separator: "\t").count == 5)
      let header = try shell(
        """
        printf 'note\\tsentence\\nx\\ta film\\n' | eptc infer --prompt sst2.eptb \
        --input-format tsv --format jsonl --keep --top 1 --threshold sst2:positive=1
        """, in: folder)
      let json = try JSON(parsing: header.output)
      #expect(json.object?.map(\.key) == ["note", "label", "probability", "top"])
      #expect(json["label"] == "negative")
      let unknown = try shell(
        "eptc infer --prompt sst2.eptb --threshold good=0.5 < /dev/null", in: folder)
      #expect(unknown.status == 65 && unknown.errors.contains("negative, positive"))
    }
  }

  @Test("Wrong usage is status 64")
  func usage() throws {
    try TestPaths.withTemporaryFolder { folder in
      for arguments in [
        [], ["--top", "0"], ["--keep"], ["--probabilities"], ["--threshold", "positive"],
        ["--threshold", "a=2"], ["--columns", "a,,b"], ["--columns", "a,a"],
        ["--columns", "a", "--input-format", "jsonl"], ["--on-error", "panic"],
      ] {
        let prompt = arguments.isEmpty ? [] : ["--prompt", "x.eptb"]
        let run = try CommandLineRun(["infer"] + prompt + arguments, in: folder)
        #expect(run.status == 64, "\(arguments): \(run.errors)")
      }
    }
  }

  @Test("Files, FIFOs and folders as input")
  func inputs() throws {
    try withDemonstration { folder in
      let file = try shell(
        "echo 'a film' > in.txt && eptc infer --prompt sst2.eptb --input in.txt", in: folder)
      #expect(file.status == 0 && file.errors.hasPrefix("eptc: in.txt: "), "\(file.errors)")
      let fifo = try shell(
        "mkfifo f && { echo 'a film' > f & } && eptc infer --prompt sst2.eptb --input f",
        in: folder)
      #expect(fifo.output == file.output)
      let records = try shell(
        """
        echo '{"sentence":"a film"}' | gzip > in.jsonl.gz \
        && eptc infer --prompt sst2.eptb --input in.jsonl.gz
        """, in: folder)
      #expect(records.output == file.output)
      for (script, status) in [
        ("eptc infer --prompt sst2.eptb --input tasks", 66),
        ("eptc infer --prompt sst2.eptb --input nothing", 66),
        ("eptc infer --prompt sst2.eptb < tasks", 74),
        ("eptc infer --prompts data", 66), ("eptc infer --prompts nothing", 66),
        ("head -c 1000 in.jsonl.gz | head -c 30 | eptc infer --prompt sst2.eptb", 65),
      ] as [(String, Int32)] {
        let run = try shell(script, in: folder)
        #expect(run.status == status, "\(script): \(run.errors)")
        #expect(run.errors.hasPrefix("eptc: ") && run.errors.split(separator: "\n").count == 1)
      }
    }
  }

  @Test("Empty lines, a 2 MB line, NUL, bad UTF-8, CRLF and a byte order mark get their answers")
  func oddLines() throws {
    try withDemonstration { folder in
      let empty = try shell("yes '' | head -10000 | eptc infer --prompt sst2.eptb", in: folder)
      let answers = empty.output.split(separator: "\n")
      #expect(empty.status == 0 && answers.count == 10_000 && Set(answers).count == 1)
      let long = try shell(
        "yes film | tr '\\n' ' ' | head -c 2000000 | eptc infer --prompt sst2.eptb", in: folder)
      #expect(long.status == 0 && long.output.split(separator: "\n").count == 1)
      #expect(long.errors == "eptc: 1 records, 1 texts cut at their prompt's input length\n")
      let quiet = try shell(
        "yes film | tr '\\n' ' ' | head -c 9000 | eptc infer --prompt sst2.eptb --quiet",
        in: folder)
      #expect(quiet.errors.isEmpty)
      let odd = try shell(
        """
        printf '\\xEF\\xBB\\xBFa film\\r\\na \\0film\\na \\xFF film\\na film' \
        | eptc infer --prompt sst2.eptb --format tsv --batch 1
        """, in: folder)
      let lines = odd.output.split(separator: "\n")
      #expect(odd.status == 0 && lines.count == 4)
      #expect(lines.first == lines.last)
    }
  }

  @Test("A reader that takes one line and leaves ends the stream quietly")
  func leavingReader() throws {
    try withDemonstration { folder in
      let run = try shell(
        "yes 'a film' | head -100000 | eptc infer --prompt sst2.eptb | head -1; echo ${PIPESTATUS[2]}",
        in: folder)
      #expect(run.output.hasSuffix("ive\n0\n"), "\(run.output)")
      #expect(run.errors.isEmpty)
    }
  }

  @Test("A killed reader leaves nothing but a regular end")
  func killedReader() throws {
    try withDemonstration { folder in
      let run = try shell(
        """
        exec 3> >(exec sleep 100); reader=$!
        yes 'a film' | head -300000 | { eptc infer --prompt sst2.eptb >&3; echo $? > status; } &
        sleep 0.5; exec 3>&-; kill -9 $reader; wait %1; cat status
        """, in: folder)
      #expect(run.output == "0\n")
      #expect(!run.errors.contains("eptc"))
    }
  }

  @Test("SIGHUP loads replaced bundles between two lines; broken ones leave the old at work")
  func reload() throws {
    try withDemonstration { folder in
      let process = Process()
      process.executableURL = try CommandLineRun.tool()
      process.arguments = ["infer", "--prompts", "tasks", "--format", "jsonl"]
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      let (input, output, errors) = (Pipe(), Pipe(), Pipe())
      process.standardInput = input
      process.standardOutput = output
      process.standardError = errors
      try process.run()
      func prompts() throws -> [String] {
        input.fileHandleForWriting.write(Data("a film\n".utf8))
        var line = ""
        while !line.hasSuffix("\n") {
          let more = output.fileHandleForReading.availableData
          try #require(!more.isEmpty)
          line += String(decoding: more, as: UTF8.self)
        }
        return try #require(try JSON(parsing: line)["answers"]?.object).map(\.key)
      }
      #expect(try prompts() == ["sst2", "topic"])
      let tasks = folder + "/tasks"
      try FileManager.default.copyItem(atPath: tasks + "/sst2.eptb", toPath: tasks + "/mood.eptb")
      try FileManager.default.removeItem(atPath: tasks + "/topic.eptb")
      #expect(try prompts() == ["sst2", "topic"])
      kill(process.processIdentifier, SIGHUP)
      // The signal is on its way when `kill` returns, but not yet handled.
      usleep(100_000)
      #expect(try prompts() == ["mood", "sst2"])
      try Data("no bundle".utf8).write(to: URL(fileURLWithPath: tasks + "/bad.eptb"))
      kill(process.processIdentifier, SIGHUP)
      usleep(100_000)
      #expect(try prompts() == ["mood", "sst2"])
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      let said = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
      #expect(said.hasPrefix("eptc: loaded again: mood, sst2\n"))
      #expect(said.contains("the old ones stay") && said.contains("bad.eptb"))
    }
  }
}

extension StreamCommandTests {
  @Test("A T5 writes with --generate, after a prompt or from a line alone")
  func generate() throws {
    try withDemonstration { folder in
      let plain = try shell("printf 'thumb: a film\\n\\n' | eptc infer --generate", in: folder)
      #expect(plain.status == 0 && plain.output.split(separator: "\n").count >= 1)
      #expect(!plain.output.contains("</s>"))
      let beams = try shell(
        """
        echo 'a film' | eptc infer --generate --prompt sst2.eptb --beams 3 --max-tokens 5 \
        --format jsonl
        """, in: folder)
      #expect(try JSON(parsing: beams.output).object?.map(\.key) == ["text", "score"])
      for arguments in [
        "--beams 2 --prompt sst2.eptb", "--generate --top 2", "--generate --beams 0",
      ] {
        #expect(try shell("eptc infer \(arguments) < /dev/null", in: folder).status == 64)
      }
    }
  }

  @Test("The library's example answers as the tool does")
  func libraryExample() throws {
    try withDemonstration { folder in
      let example = try CommandLineRun.tool().deletingLastPathComponent()
        .appendingPathComponent("answer-lines").path
      let library = try shell(
        "printf 'a film\\na meal\\n' | '\(example)' model.ept tasks/sst2.eptb tasks/topic.eptb",
        in: folder)
      let tool = try shell(
        """
        printf 'a film\\na meal\\n' | eptc infer --prompts tasks \
        | sed 's/^/sst2: /; s/\\t/, topic: /'
        """, in: folder)
      #expect(library.status == 0 && library.output == tool.output)
    }
  }
}

extension StreamCommandTests {
  @Test("A bar on a terminal shows how far a file is, and leaves the answers alone")
  func bar() throws {
    try withDemonstration { folder in
      let run = try shell(
        """
        yes 'a film' | head -3000 > in.txt
        script -qefc "'\(try CommandLineRun.tool().path)' infer --prompt sst2.eptb --input in.txt > out.txt" /dev/null
        wc -l < out.txt
        """, in: folder)
      #expect(run.output.contains("lines/s") && run.output.contains("[###"), "\(run.output)")
      #expect(run.output.contains("eptc: 3000 records\r\n3000\n"))
      let quiet = try shell(
        """
        script -qefc "'\(try CommandLineRun.tool().path)' infer --quiet --prompt sst2.eptb --input in.txt > out.txt" /dev/null
        """, in: folder)
      #expect(quiet.output.isEmpty)
    }
  }
}
