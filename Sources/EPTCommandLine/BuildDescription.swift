import CEPTBuild
import EPTCompute
import EPTFormat

/// What `--version` says of a program.
package enum BuildDescription {
  package static let version = "0.2.0"

  /// The version, the commit, the instruction set in use and the libraries, a line each.
  ///
  /// OpenBLAS is loaded for it, as it is where it is used.
  package static func text(program: String) -> String {
    let parts =
      [
        ("commit", String(cString: ept_build_commit())),
        ("instruction set", InstructionSet.name),
      ] + LinkedLibraries.versions + [("OpenBLAS", OpenBLAS.shared?.version ?? "not found")]
    return (["\(program) \(version)"] + parts.map { "\($0): \($1)" }).joined(separator: "\n")
  }
}
