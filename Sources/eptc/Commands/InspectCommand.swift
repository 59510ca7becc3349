import ArgumentParser
import EPTFormat
import EPTTask

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a .safetensors, .ept or .eptb file holds.",
    discussion: """
      Everything that can be checked is: the whole structure, and every checksum of a .ept or \
      .eptb. A safetensors file has none.
      """)

  @Argument(help: ArgumentHelp("The file.", valueName: "file"))
  var file: String

  @Flag(help: "Print a JSON object.")
  var json = false

  func run() throws {
    let listing =
      switch try ContainerKind(ofFile: file) {
      case .backbone?: try FileListing(backbone: BackboneFile(path: file))
      case .bundle?: try FileListing(bundle: file)
      case .checkpoint?: try FileListing(trainingCheckpoint: file)
      case nil: FileListing(checkpoint: try SafetensorsFile(path: file))
      }
    print(json ? listing.json.serialized(indented: true) : listing.text)
  }
}
