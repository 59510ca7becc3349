import ArgumentParser
import EPTFormat
import EPTSystem
import EPTTask

struct FoldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fold",
    abstract: "Write the smallest bundle with the same answers, to ship.",
    discussion: """
      Fusion, subspaces and gate are worked into the short prompt; the history of the training \
      goes. Projections after blocks (--depth) depend on the text, so they stay. Answers are the \
      same to the last bit, except with --type f16, which halves the file, or q8, which quarters it.
      """)

  @OptionGroup var bundle: BundleOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("The bundle to write.", valueName: "out.eptb"))
  var output: String

  @Option(help: "Number type of the tensors: f32, f16 or q8.")
  var type: BundleNumbers = .f32

  @Flag(help: "Replace the output if it exists.")
  var force = false

  func run() throws {
    let input = bundle.path
    try OutputPath.check(output, replacing: force, inputs: [input])
    let lock = try OutputLock(path: output)
    defer { withExtendedLifetime(lock) {} }
    let tuned = try TaskBundle(path: input)
    try tuned.folded(from: input).write(to: output, replacing: force, numbers: type)
    let sizes = try [input, output].map { try MappedFile(path: $0).byteCount }
    report(
      "wrote \(output): \(tuned.task.name) on \(tuned.backbone), "
        + "\(sizes[0]) -> \(sizes[1]) bytes")
  }
}

extension BundleNumbers: ExpressibleByArgument {}
