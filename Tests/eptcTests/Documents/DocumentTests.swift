import EPTTestSupport
import Foundation
import Testing

/// What the documents tell a reader to type works.
///
/// The folder of a page has the demonstration's tiny T5 in place of a real model, and `tune` makes
/// 4 steps, whatever the page says.
@Suite("Every command of README, tutorial and how-to pages runs", .timeLimit(.minutes(15)))
struct DocumentTests {
  @Test(arguments: DocumentPage.all)
  func blocksRun(page: DocumentPage) throws {
    let blocks = try page.shellBlocks()
    guard !blocks.isEmpty else { return }
    try TestPaths.withTemporaryFolder { folder in
      let environment = try prepare(folder, page)
      for block in blocks {
        if let reason = block.skipReason {
          print("\(page.path):\(block.line): skipped, \(reason)")
          continue
        }
        // Both streams in one, as on a terminal.
        let run = try CommandLineRun(
          executable: URL(fileURLWithPath: "/bin/bash"),
          ["-euo", "pipefail", "-c", Self.alone + "exec 2>&1\n" + block.commands],
          in: "\(folder)/work", environment: environment)
        #expect(run.status == 0, "\(page.path):\(block.line):\n\(block.commands)\(run.output)")
        if run.status != 0 { break }
        if let output = block.output {
          #expect(masked(run.output) == masked(output), "\(page.path):\(block.line)")
        }
      }
    }
  }

  /// Closes what a shell inherits but its three streams.
  ///
  /// A server that a block leaves behind would keep the descriptor by which Foundation hears of the
  /// shell's end.
  private static let alone = """
    for open in /proc/$BASHPID/fd/*; do open=${open##*/}; if ((open > 2)); then eval "exec $open>&-"; fi; done

    """

  @Test("The tutorial, the how-to pages and README have commands")
  func pagesAreFound() throws {
    let blocks = try DocumentPage.all.map { try $0.shellBlocks().filter { $0.skipReason == nil } }
    #expect(DocumentPage.all.count > 5 && blocks.joined().count > 20)
  }

  /// Text with every number as `0`: times and sizes differ between machines.
  private func masked(_ text: String) -> String {
    text.replacing(#/[0-9]+([.,: ][0-9]+)*/#, with: "0")
  }

  /// Lays out what the pages say is there, and returns the variables of their commands.
  private func prepare(_ folder: String, _ page: DocumentPage) throws -> [String: String] {
    let files = FileManager.default
    let work = "\(folder)/work"
    for name in ["work", "bin"] {
      try files.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    // The tutorial fetches a folder; the other pages begin with `model.ept` and rows.
    let checkpoint = "\(work)/all-MiniLM-L6-v2"
    try files.createDirectory(atPath: checkpoint, withIntermediateDirectories: true)
    try Demonstration.copyCheckpoint(to: checkpoint)
    let messages = TestPaths.repository.appendingPathComponent("examples/messages").path
    if !page.path.contains("/tutorial/") {
      try Demonstration.copyCheckpoint(to: work)
      try Demonstration.copyData(to: work)
      for name in ["messages.csv", "new.csv"] {
        try files.copyItem(atPath: "\(messages)/\(name)", toPath: "\(work)/\(name)")
      }
      if page.path != "README.md" {
        #expect(try CommandLineRun(["convert", "model.safetensors"], in: work).status == 0)
      }
    }
    let tool = try CommandLineRun.tool().path
    let script = """
      #!/bin/bash
      [[ ${1-} == tune ]] && set -- "$@" --steps 4
      exec '\(tool)' "$@"

      """
    try script.write(toFile: "\(folder)/bin/eptc", atomically: true, encoding: .utf8)
    try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder)/bin/eptc")
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return [
      "PATH": "\(folder)/bin:\(path)", "HOME": folder, "EPTC": TestPaths.repository.path,
    ]
  }
}
