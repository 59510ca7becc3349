import ArgumentParser
import EPTFormat
import EPTModel
import EPTTask
import FoundationEssentials

/// Which backbone file to use, and with how many threads.
struct BackboneOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The backbone. (default: $EPT_MODEL, else the .ept file here that the bundle fits)",
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
  /// Of several there the one that `wanted` were tuned on, by its fingerprint.
  ///
  /// - Throws: `CommandError.noBackbone` or `.noFittingBackbone`.
  func path(for wanted: [BackboneIdentity] = []) throws -> String {
    if let model { return model }
    if let model = ProcessInfo.processInfo.environment["EPT_MODEL"], !model.isEmpty {
      return model
    }
    let folder = FileManager.default.currentDirectoryPath
    let candidates = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let backbones = candidates.filter { $0.hasSuffix(".ept") }.sorted()
    if backbones.count > 1, let first = wanted.first {
      let fitting = backbones.first { name in
        (try? BackboneFile(path: name))?.fingerprint.hex == first.fingerprint
      }
      if let fitting { return fitting }
      throw CommandError.noFittingBackbone(
        folder: folder, candidates: backbones, wanted: "\(first)")
    }
    guard let only = backbones.first, backbones.count == 1 else {
      throw CommandError.noBackbone(folder: folder, candidates: backbones)
    }
    return only
  }
}

extension Precision: ExpressibleByArgument {}
