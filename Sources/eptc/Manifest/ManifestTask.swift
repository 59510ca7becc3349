import EPTFormat

/// One line of a manifest: a task's flags.
struct ManifestTask {
  /// The flags as on a command line.
  let arguments: [String]
  /// The bundle that they make.
  let output: String

  /// Reads an object of long flags with their values.
  ///
  /// A value is a text, a number, true, false or an array of them. `_` may stand for `-`.
  ///
  /// - Throws: `Fault`.
  init(_ json: JSON) throws {
    guard let members = json.object else { throw Fault(reason: "it is no JSON object") }
    var arguments: [String] = []
    for member in members {
      let name = "--" + String(member.key.map { $0 == "_" ? "-" : $0 })
      guard !["--manifest", "--shard", "--"].contains(name), !name.contains("=") else {
        throw Fault(reason: "\"\(member.key)\" is no flag of a task")
      }
      arguments += try Self.arguments(name, member.value)
    }
    func text(_ key: String) -> String? { members.last { $0.key == key }?.value.string }
    guard let output = text("output") ?? text("task").map({ $0 + ".eptb" }) else {
      throw Fault(reason: "it needs \"output\", the bundle to write")
    }
    self.arguments = arguments
    self.output = output
  }

  private static func arguments(_ name: String, _ value: JSON) throws -> [String] {
    switch value {
    case .null: []
    case .bool(true): [name]
    case .bool(false): ["--no-" + name.dropFirst(2)]
    case .integer(let number): ["\(name)=\(number)"]
    case .number(let number): ["\(name)=\(number)"]
    case .string(let text): ["\(name)=\(text)"]
    case .array(let values): try values.flatMap { try arguments(name, $0) }
    case .object: throw Fault(reason: "\"\(name.dropFirst(2))\" cannot be an object")
    }
  }

  /// Why a line is no task.
  struct Fault: Error {
    let reason: String
  }
}
