import ArgumentParser
import EPTFormat
import EPTTask

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a .safetensors, .ept or .eptb file holds.",
    discussion: """
      The file's structure is always checked. A safetensors file has no checksums.
      """)

  @Argument(help: ArgumentHelp("The file.", valueName: "file"))
  var file: String

  @Flag(help: "Print a JSON object.")
  var json = false

  @Flag(help: "Check every checksum and every byte of padding of a .ept or .eptb, too.")
  var verify = false

  func run() throws {
    let listing =
      switch try ContainerKind(ofFile: file) {
      case .backbone?: try FileListing(backbone: file, verifying: verify)
      case .bundle?: try FileListing(bundle: file)
      case .checkpoint?: try FileListing(trainingCheckpoint: file)
      case nil: FileListing(checkpoint: try SafetensorsFile(path: file))
      }
    print(json ? listing.json.serialized(indented: true) : listing.text)
  }
}
