import ArgumentParser
import EPTCompute
import EPTFormat
import EPTModel
import FoundationEssentials

/// Which backbone file to use, and with how many threads.
struct BackboneOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The backbone. (default: $EPT_MODEL, else the only .ept file here)",
      valueName: "file.ept"))
  var model: String?

  @Option(help: "Threads to compute with. (default: one a processor)")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "How products with the backbone's weights are computed: int8 or f32. (default: int8 where "
        + "the file has them as q8 or q4, else f32)", valueName: "int8|f32"))
  var precision: Precision?

  /// Refuses a thread count below one.
  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads must be 1 or more.")
    }
  }

  /// How many threads to compute with.
  var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  /// The backbone's path: the option, the environment, or the only `.ept` in the current folder.
  ///
  /// - Throws: `CommandError.noBackbone`.
  func path() throws -> String {
    if let model { return model }
    if let model = ProcessInfo.processInfo.environment["EPT_MODEL"], !model.isEmpty {
      return model
    }
    let folder = FileManager.default.currentDirectoryPath
    let candidates = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let backbones = candidates.filter { $0.hasSuffix(".ept") }.sorted()
    guard let only = backbones.first, backbones.count == 1 else {
      throw CommandError.noBackbone(folder: folder, candidates: backbones)
    }
    return only
  }
}

extension Precision: ExpressibleByArgument {}
