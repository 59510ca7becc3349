import EPTSystem
import EPTTestSupport
import Foundation
import Testing

@Suite(
  "Bad days: full disks, closed descriptors, wrong outputs, no threads",
  .timeLimit(.minutes(15)))
struct BadDayTests {
  /// Runs a shell command in which `$EPTC` is the tool.
  private func shell(_ command: String, in folder: String) throws -> CommandLineRun {
    try CommandLineRun(
      executable: URL(fileURLWithPath: "/bin/sh"), ["-c", command], in: folder,
      environment: ["EPTC": CommandLineRun.tool().path])
  }

  private func tune(_ more: String...) -> [String] {
    ["tune", "--task", "sst2", "--steps", "2", "--evaluate-every", "1", "--quiet"] + more
  }

  @Test("Every write to standard output is checked")
  func fullStandardOutput() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      for command in [
        "inspect model.ept", "inspect sst2.eptb --json", "inspect sst2.eptb --diff sst2.eptb",
        "tasks",
        "tasks show rte", "eval --prompt sst2.eptb", "eval --prompt sst2.eptb --json",
        "tune --dry-run --task sst2", "convert --dry-run model.safetensors --force", "--help",
        "--version",
      ] {
        let run = try shell("$EPTC \(command) > /dev/full", in: folder)
        #expect(
          run.status == 74 && run.errors.contains("standard output"), "\(command): \(run.errors)")
        let closed = try shell("$EPTC \(command) >&-", in: folder)
        #expect(closed.status == 74, "\(command): \(closed.errors)")
        // A reader that has gone is no fault to tell of.
        let gone = try shell("($EPTC \(command); echo $? > status) | true; cat status", in: folder)
        #expect(
          ["0\n", "74\n"].contains(gone.output) && !gone.errors.contains("eptc:"), "\(gone.errors)")
      }
    }
  }

  @Test("No output replaces one of the files that are read, --force or not")
  func outputsThatAreInputs() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: "model.ept")
      let data = "data/SST-2"
      let before = try TestPaths.read(folder + "/model.ept")
      for arguments in [
        tune("--force", "--output", "model.ept"), tune("--force", "--log", "model.ept"),
        tune("--force", "--output", "link"),
        tune("--force", "--output", "\(data)/train.tsv"),
        tune("--force", "--output", "x.eptb", "--init", "bundle:sst2.eptb", "--log", "sst2.eptb"),
        ["report", "sst2.eptb", "--force", "--output", "sst2.eptb"],
        ["report", "sst2.eptb", "--force", "--output", "model.ept"],
        ["fold", "sst2.eptb", "--force", "--output", "sst2.eptb"],
        ["convert", "model.safetensors", "--force", "--output", "config.json"],
        tune("--force", "--output", "y.eptb", "--log", "y.eptb"),
        tune("--force", "--output", "y.eptb", "--log", "./y.eptb"),
      ] {
        let run = try CommandLineRun(arguments, in: folder)
        #expect(run.status == 73 && run.errors.contains("file"), "\(arguments): \(run.errors)")
      }
      #expect(try TestPaths.read(folder + "/model.ept") == before)
      #expect(!FileManager.default.fileExists(atPath: folder + "/y.eptb"))
    }
  }

  @Test("Outputs that are no files are refused before the work, and nothing is left beside them")
  func outputsThatAreNoFiles() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      #expect(mkfifo(folder + "/fifo", 0o600) == 0)
      let before = try FolderListing.names(in: folder).sorted()
      for output in ["", "data", "data/", "fifo", "/dev/null", String(repeating: "x", count: 250)] {
        for arguments in [
          tune("--force", "--output", output),
          ["fold", "sst2.eptb", "--force", "--output", output],
          ["convert", "model.safetensors", "--force", "--output", output],
          ["report", "sst2.eptb", "--force", "--output", output],
        ] {
          let run = try CommandLineRun(arguments, in: folder)
          #expect(run.status == (output.isEmpty ? 64 : 73), "\(arguments): \(run.errors)")
        }
      }
      #expect(try FolderListing.names(in: folder).sorted() == before)
    }
  }

  @Test("A run whose output another run is writing is refused at its start")
  func twoRunsWithOneOutput() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let lock = try OutputLock(path: folder + "/x.eptb")
      for arguments in [
        tune("--output", "x.eptb"), tune("--output", "z.eptb", "--log", "x.eptb"),
        ["fold", "sst2.eptb", "--output", "x.eptb"],
        ["convert", "model.safetensors", "--output", "x.eptb"],
      ] {
        let run = try CommandLineRun(arguments, in: folder)
        #expect(run.status == 73 && run.errors.contains("another process"), "\(run.errors)")
      }
      withExtendedLifetime(lock) {}
    }
  }

  @Test("A limit on the size of files is an error with a message, and no partial file")
  func fileSizeLimit() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let run = try shell("ulimit -f 8; $EPTC fold sst2.eptb --output f.eptb", in: folder)
      #expect(run.status == 74 && run.errors.contains("too large"), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/f.eptb"))
      // Neither checkpoint nor log end a run; the bundle that does not fit does.
      let log = try shell(
        "ulimit -f 8; $EPTC tune --task sst2 --steps 20 --evaluate-every 2 --output g.eptb --quiet "
          + "--log l.jsonl", in: folder)
      #expect(log.status == 74 && log.errors.contains("warning: the log"), "\(log.errors)")
      #expect(log.errors.contains("warning: no checkpoint"), "\(log.errors)")
      let text = String(decoding: try TestPaths.read(folder + "/l.jsonl"), as: UTF8.self)
      #expect(text.hasSuffix("}\n"))
    }
  }

  @Test("A log never gets what standard error says, though that is closed")
  func closedDescriptors() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let run = try shell(
        "$EPTC tune --task sst2 --steps 2 --output l.eptb --log l.jsonl <&- >&- 2>&-", in: folder)
      #expect(run.status == 0)
      let lines = String(decoding: try TestPaths.read(folder + "/l.jsonl"), as: UTF8.self)
        .split(separator: "\n")
      #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    }
  }

  @Test("More threads than processors are cut, with a word; less than one is wrong usage")
  func threads() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      for threads in ["20000", "1000000000", "9223372036854775807"] {
        let run = try CommandLineRun(
          ["infer", "--prompt", "sst2.eptb", "--threads", threads], in: folder, input: "a film\n")
        #expect(run.status == 0 && run.errors.contains("processors"), "\(run.errors)")
      }
      for threads in ["0", "-1", "9223372036854775808"] {
        let run = try CommandLineRun(
          ["infer", "--prompt", "sst2.eptb", "--threads", threads], in: folder)
        #expect(run.status == 64, "\(run.errors)")
      }
    }
  }

  @Test("Names in Latin-1 are names")
  func latin1Names() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let run = try shell(
        """
        d=$(printf 'caf\\351'); mkdir "$d"; cp sst2.eptb "$d/$d.eptb"; cp model.ept "$d.ept"
        echo film | $EPTC infer --prompts "$d" --model "$d.ept" && $EPTC fold "$d/$d.eptb" --output "$d/f"
        """, in: folder)
      #expect(run.status == 0 && run.errors.contains("caf\\xe9/f"), "\(run.errors)")
      // For scripts the name is what it is.
      let tune = try shell(
        """
        d=$(printf 'caf\\351'); cd "$d"; printf 'a film\\tyes\\nb film\\tno\\n%.0s' 1 2 3 4 5 6 > "$d"
        "$EPTC" tune --quiet --steps 1 --train "$d" --model ../model.ept --output "$d.x" | cut -f1 > name
        tr '\\n' '\\0' < name | xargs -0 test -f && "$EPTC" eval "$d.x" --model ../model.ept
        """, in: folder)
      #expect(
        tune.status == 0 && tune.output.hasPrefix("caf\\xe9:"), "\(tune.output) \(tune.errors)")
    }
  }

  @Test(
    "Where the system gives no thread, commands work on the calling one or say so",
    .enabled(if: getuid() == 0))
  func noThreads() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      #expect(chmod(folder, 0o777) == 0)
      let limit = "setpriv --reuid 61235 --clear-groups prlimit --nproc=1:1 "
      try #require(try shell("\(limit) true", in: folder).status == 0, "no setpriv and prlimit")
      for (command, status) in [
        ("inspect --verify sst2.eptb", 0), ("fold sst2.eptb --output f.eptb", 0),
        ("eval --prompt sst2.eptb --model model.ept", 0),
        ("convert model.safetensors --output c.ept", 0),
        ("tune --task sst2 --steps 2 --output t.eptb --model model.ept", 0),
        ("report sst2.eptb --model model.ept --output r.html", 0),
      ] as [(String, Int32)] {
        let run = try shell("timeout 60 \(limit) $EPTC \(command) < /dev/null", in: folder)
        #expect(run.status == status, "\(command): \(run.status) \(run.errors)")
      }
      // Reading and answering by turns gives what two threads give.
      let texts = "for i in $(seq 600); do echo \"a good film, number $i\"; done | "
      let infer = "$EPTC infer --prompt sst2.eptb --model model.ept --format tsv --batch 50"
      let expected = try shell("\(texts) \(infer)", in: folder)
      let alone = try shell("\(texts) timeout 60 \(limit) \(infer)", in: folder)
      #expect(alone.status == 0 && alone.output == expected.output, "\(alone.errors)")
      #expect(expected.output.split(separator: "\n").count == 600)
    }
  }

  @Test("SIGHUP is a wish from when infer takes it over, long before it has its prompts")
  func earlyHangUp() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let run = try shell(
        """
        (sleep 2; echo a film) | $EPTC infer --prompt sst2.eptb > out & run=$!
        until grep -qs 'SigCgt:.*[13579bdf]$' /proc/$run/status; do kill -0 $run || exit 9; done
        for i in 1 2 3 4 5 6 7 8; do kill -HUP $run; done; wait $run; echo $?; wc -l < out
        """, in: folder)
      #expect(run.output == "0\n1\n", "\(run.output) \(run.errors)")
    }
  }

  @Test("Memory that the system refuses is status 1 and a line, not a signal")
  func refusedMemory() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      let line = String(repeating: "a good film and ", count: 200) + "\n"
      let texts = String(repeating: line, count: 20)
      try texts.write(toFile: folder + "/in", atomically: true, encoding: .utf8)
      // Down to where it is not enough, wherever that is on this system.
      let run = try shell(
        """
        room=400000; status=0
        while [ $status = 0 ] && [ $room -gt 10000 ]; do
          room=$((room * 24 / 25))
          (ulimit -v $room; $EPTC infer --prompt sst2.eptb --threads 1 --quiet --input in > out 2> said)
          status=$?
        done
        echo $status; cat said
        """, in: folder)
      #expect(run.output.hasPrefix("1\neptc: no memory "), "\(run.output)")
    }
  }

  @Test("Little memory ends a run or lets it go on; nothing asks for it for ever")
  func littleMemoryForTuning() throws {
    try TestPaths.withTemporaryFolder { folder in
      try Demonstration.prepare(folder)
      // OpenBLAS's buffers, of which each thread has one, are where it is not enough.
      let run = try shell(
        """
        for room in 400000 300000 250000 200000 150000 120000 100000; do
          (ulimit -v $room
          timeout -s KILL 100 $EPTC tune --task sst2 --method head --quiet --force > out 2> said)
          status=$?; [ $status != 137 ] || echo "$room: still running"
        done
        """, in: folder)
      #expect(run.output.isEmpty, "\(run.output)")
    }
  }
}
