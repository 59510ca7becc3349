import ArgumentParser
import EPTFormat

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a .safetensors, .ept or .eptb file holds, or compare two.",
    discussion: """
      The file's structure is always checked. A safetensors file has no checksums. With --diff the \
      exit status is 0 if all tensors are equal and 1 if not.
      """)

  @Argument(help: ArgumentHelp("The file.", valueName: "file"))
  var file: String

  @Flag(help: "Print a JSON object.")
  var json = false

  @Flag(help: "Check every checksum and every byte of padding, too.")
  var verify = false

  @Option(
    help: ArgumentHelp(
      "Compare tensor by tensor with another file, of whatever kind and encodings.",
      valueName: "other"))
  var diff: String?

  func run() throws {
    if let diff {
      let comparison = try FileComparison(
        InspectedFile(file, verifying: verify), InspectedFile(diff, verifying: verify))
      if json {
        try StandardOutput.print(comparison.json, indented: true)
      } else {
        try StandardOutput.print(comparison.text)
      }
      if !comparison.isEqual { throw ExitCode(ExitStatus.failure.rawValue) }
      return
    }
    let listing = try FileListing(InspectedFile(file, verifying: verify))
    if json {
      try StandardOutput.print(listing.json, indented: true)
    } else {
      try StandardOutput.print(listing.text)
    }
  }
}
