import ArgumentParser
import EPTCompute
import EPTFormat
import EPTModel
import EPTSystem
import EPTTask
import Glibc

/// Which backbone file to use, and with how many threads.
package struct BackboneOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The backbone. (default: $EPT_MODEL, else the .ept file here that the bundle fits)",
      valueName: "file.ept"))
  package var model: String?

  @Option(help: "Threads to compute with. (default: one a processor)")
  package var threads: Int?

  @Option(
    help: ArgumentHelp(
      "How products with the backbone's weights are computed: int8 or f32. (default: int8 where "
        + "the file has them as q8 or q4, else f32)", valueName: "int8|f32"))
  package var precision: Precision?

  package init() {}

  /// Refuses a thread count below one.
  package func validate() throws {
    try ThreadCount.validate(threads)
  }

  /// How many threads to compute with.
  ///
  /// To be asked once: it says so where more were asked for.
  package var threadCount: Int { ThreadCount.usable(threads) }

  /// The backbone's path: the option, the environment, or the only `.ept` in the current folder.
  ///
  /// Of several there the one that `wanted` were tuned on, by its fingerprint.
  ///
  /// - Throws: `CommandError.noBackbone` or `.noFittingBackbone`.
  package func path(for wanted: [BackboneIdentity] = []) throws -> String {
    if let model { return model }
    if let model = CommandLineText.variable("EPT_MODEL") { return model }
    let candidates = (try? FolderListing.names(in: ".")) ?? []
    let backbones = candidates.filter { $0.hasSuffix(".ept") }.sorted()
    if backbones.count > 1, let first = wanted.first {
      let fitting = backbones.first { name in
        (try? BackboneFile(path: name))?.fingerprint.hex == first.fingerprint
      }
      if let fitting { return fitting }
      throw CommandError.noFittingBackbone(
        folder: WorkingFolder.path, candidates: backbones, wanted: "\(first)")
    }
    guard let only = backbones.first, backbones.count == 1 else {
      throw CommandError.noBackbone(folder: WorkingFolder.path, candidates: backbones)
    }
    return only
  }
}

/// The folder that the process works in.
private enum WorkingFolder {
  static var path: String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return PathBytes.text(cString: path)
  }
}

extension Precision: ExpressibleByArgument {}
