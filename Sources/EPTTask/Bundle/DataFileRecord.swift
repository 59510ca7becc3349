import EPTData
import EPTFormat

/// Which file a bundle was tuned with, so that its test rows can be drawn again.
public struct DataFileRecord: Sendable, Equatable {
  /// What the file was for.
  public enum Role: String, Sendable {
    case train, dev, test
  }

  /// What the file was read for.
  public let role: Role
  /// The file's name without its folder; `-` for what cannot be read again.
  public let name: String
  /// SHA-256 of the file, in hexadecimal.
  public let digest: String
  /// How it was read.
  public let reading: ReadingOptions

  init(_ role: Role, _ file: LabelledFile) {
    self.role = role
    name = file.canBeReadAgain ? String(file.path.split(separator: "/").last ?? "-") : "-"
    digest = file.digest
    reading = file.reading
  }

  /// The record as it stands in a bundle.
  var json: JSON {
    var members = [
      JSONMember("role", .string(role.rawValue)), JSONMember("name", .string(name)),
      JSONMember("sha256", .string(digest)),
    ]
    if let format = reading.format {
      members.append(JSONMember("format", .string(format.rawValue)))
    }
    if let header = reading.header { members.append(JSONMember("header", .bool(header))) }
    if let encoding = reading.encoding {
      members.append(JSONMember("encoding", .string(encoding.rawValue)))
    }
    return .object(members)
  }

  /// Reads what `json` wrote, nil if it is something else.
  init?(_ json: JSON) {
    guard let role = json["role"]?.string.flatMap(Role.init), let name = json["name"]?.string,
      !name.isEmpty, !name.contains("/"), let digest = json["sha256"]?.string
    else { return nil }
    self.role = role
    self.name = name
    self.digest = digest
    reading = ReadingOptions(
      format: json["format"]?.string.flatMap(DataFormat.init),
      header: json["header"]?.bool,
      encoding: json["encoding"]?.string.flatMap(TextEncoding.init))
  }
}
