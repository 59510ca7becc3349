import EPTTestSupport
import Foundation
import Testing

/// A page of the documents, and the shell blocks in it.
struct DocumentPage: CustomTestStringConvertible, Sendable {
  /// A fenced block of commands.
  struct ShellBlock {
    let line: Int
    let commands: String
    /// Why the block cannot run in a test, if the page says so.
    let skipReason: String?
    /// What the page shows below the block, nil if it shows nothing or what another model says.
    var output: String?
  }

  /// The path from the repository's root.
  let path: String
  var testDescription: String { path }

  /// README, the tutorial and the how-to pages.
  static let all: [DocumentPage] =
    [DocumentPage(path: "README.md")]
    + ["tutorial", "how-to"].flatMap { folder -> [DocumentPage] in
      let url = TestPaths.repository.appendingPathComponent("docs/\(folder)")
      let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
      return names.filter { $0.hasSuffix(".md") }.sorted()
        .map { DocumentPage(path: "docs/\(folder)/\($0)") }
    }

  /// The blocks that begin with ```` ```sh ````, in order.
  ///
  /// `<!-- skip: REASON -->` in the line above keeps a block from being run. A block of `text` is
  /// the output of the commands above it, unless `<!-- shown: … -->` stands in the line above it.
  func shellBlocks() throws -> [ShellBlock] {
    let url = TestPaths.repository.appendingPathComponent(path)
    let lines = try String(contentsOf: url, encoding: .utf8).components(separatedBy: "\n")
    var blocks: [ShellBlock] = []
    var remark = ""
    var index = 0
    while index < lines.count {
      let line = lines[index]
      index += 1
      guard line.hasPrefix("```") else {
        if !line.isEmpty { remark = line }
        continue
      }
      let start = index
      while index < lines.count, lines[index] != "```" { index += 1 }
      let text = lines[start..<min(index, lines.count)].joined(separator: "\n") + "\n"
      index += 1
      switch line {
      case "```sh":
        blocks.append(
          ShellBlock(line: start, commands: text, skipReason: Self.comment("skip", in: remark)))
      case "```text" where !blocks.isEmpty && Self.comment("shown", in: remark) == nil:
        blocks[blocks.count - 1].output = text
      default: break
      }
      remark = ""
    }
    return blocks
  }

  /// `reason` in `<!-- name: reason -->`.
  private static func comment(_ name: String, in line: String) -> String? {
    let start = "<!-- \(name): "
    guard line.hasPrefix(start), line.hasSuffix(" -->") else { return nil }
    return String(line.dropFirst(start.count).dropLast(4))
  }
}
