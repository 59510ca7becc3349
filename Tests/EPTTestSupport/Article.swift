import Foundation

/// An article of the DocC catalogues, whose code a test repeats and runs.
public struct Article {
  private let text: String

  /// The article at `path`, counted from the repository's root.
  public init(path: String) throws {
    text = try String(
      contentsOf: TestPaths.repository.appendingPathComponent(path), encoding: .utf8)
  }

  /// The blocks of Swift that are not in `source`, line by line, whatever their indentation.
  public func blocksMissing(in source: String) -> [String] {
    let lines = Self.trimmed(source)
    return text.components(separatedBy: "```swift\n").dropFirst().compactMap { part in
      let block = part.components(separatedBy: "```")[0]
      return lines.contains(Self.trimmed(block)) ? nil : block
    }
  }

  /// How many blocks of Swift there are.
  public var blockCount: Int { text.components(separatedBy: "```swift\n").count - 1 }

  /// The lines that are not blank, each without the blanks around it.
  private static func trimmed(_ text: String) -> String {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
