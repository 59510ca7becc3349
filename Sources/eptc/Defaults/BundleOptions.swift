import ArgumentParser

/// Which bundle a command works with: named alone, or after --prompt.
struct BundleOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The tuned task.", valueName: "file.eptb"))
  var bundle: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The same as an option.", valueName: "file.eptb"))
  var prompt: String?

  func validate() throws {
    guard bundle == nil || prompt == nil else {
      throw ValidationError("Name the bundle once: \(bundle ?? "") or --prompt \(prompt ?? "").")
    }
    guard bundle != nil || prompt != nil else {
      throw ValidationError("Name a bundle: a file.eptb that `eptc tune` wrote.")
    }
  }

  /// The bundle's path.
  var path: String { bundle ?? prompt ?? "" }
}
