import EPTSystem
import EPTTask

/// The prompts that a stream answers with, in the order of its columns.
final class PromptSet: Sendable {
  let prompts: [StreamPrompt]
  /// Whether answers stand under their prompts' names.
  let isNested: Bool

  init(_ prompts: [StreamPrompt], isNested: Bool) {
    self.prompts = prompts
    self.isNested = isNested
  }

  /// The places of the prompts that answer `record`.
  ///
  /// - Throws: `RecordFault`.
  func places(for record: Record) throws -> [Int] {
    guard let name = try record.task() else { return Array(prompts.indices) }
    if let place = prompts.firstIndex(where: { $0.name.isIdentical(to: name) }) { return [place] }
    // A bundle may have been renamed since it was tuned; its task still knows its name.
    let sameTask = prompts.indices.filter { prompts[$0].taskName?.isIdentical(to: name) ?? false }
    guard sameTask.count == 1 else {
      throw RecordFault.unknownTask(name: name, prompts: prompts.map(\.name))
    }
    return sameTask
  }
}
