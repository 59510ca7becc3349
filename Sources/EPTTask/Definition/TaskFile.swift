import EPTFormat
import EPTSystem

/// A definition that a user wrote: what `eptc tasks show` prints, edited.
public enum TaskFile {
  /// Reads the definition at `path`.
  ///
  /// - Throws: `TaskError.badRow` for what is no JSON, `.badTaskFile` for a member that is
  ///   missing, unknown or wrong; `FormatError` if the file cannot be read.
  public static func read(_ path: String) throws -> TaskDefinition {
    let file = try MappedFile(path: path)
    try file.refuseStandIn(for: "a task file")
    let json: JSON
    do {
      json = try file.withBytes { try JSON(parsing: $0) }
    } catch let error as JSONError {
      let line = file.withBytes { bytes in
        1 + bytes.prefix(error.offset).count { $0 == UInt8(ascii: "\n") }
      }
      throw TaskError.badRow(path: path, line: line, reason: "not JSON: \(error)")
    }
    // A bundle skips what a later version added; a slip of the fingers must not pass.
    try checkMembers(json, as: TaskDefinition.memberNames, path: path)
    if let source = json["source"] {
      try checkMembers(source, as: DataSource.memberNames, path: path)
    }
    do {
      return try TaskDefinition(json)
    } catch TaskError.invalidDefinition(_, let reason) {
      throw TaskError.badTaskFile(path: path, reason: reason)
    }
  }

  private static func checkMembers(_ json: JSON, as known: [String], path: String) throws {
    guard let members = json.object else {
      throw TaskError.badTaskFile(path: path, reason: "a value that should be an object is none")
    }
    for member in members where !known.contains(member.key) {
      let nearest = EditDistance.nearest(to: member.key, among: known)
      throw TaskError.badTaskFile(
        path: path,
        reason: "unknown member \"\(member.key)\"; "
          + (nearest.isEmpty
            ? "the members are: \(known.joined(separator: ", "))"
            : "did you mean \(nearest.joined(separator: " or "))?"))
    }
  }
}
