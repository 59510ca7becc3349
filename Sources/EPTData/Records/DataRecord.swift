import EPTFormat
import EPTSystem

/// One record of a file: what a task's row or a question is made of.
public struct DataRecord: Sendable, Equatable {
  /// What a record holds.
  public enum Content: Sendable, Equatable {
    /// A line.
    case line(String)
    /// Columns.
    case cells([String])
    /// An object's members.
    case object([JSONMember])
    /// Nothing that can be read.
    case fault(DataFault)
  }

  /// The line in which it begins, from 1.
  public let line: Int
  /// What the record holds.
  public let content: Content
  /// Bytes that it takes in the file.
  public let size: Int
}

/// Names of columns, as a header has them.
public enum ColumnNames {
  /// The index of `name` in `names`.
  ///
  /// An equal name counts first, then one that differs only in case or in blanks around it. Nil if
  /// there is none, or more than one.
  public static func index(of name: String, in names: [String]) -> Int? {
    let exact = names.firstIndex { $0.utf8.elementsEqual(name.utf8) }
    if let exact { return exact }
    let wanted = plain(name)
    let places = names.indices.filter { plain(names[$0]) == wanted }
    return places.count == 1 ? places[0] : nil
  }

  /// The value of `name` among `members`, its key found as a column's name is.
  public static func value(of name: String, in members: [JSONMember]) -> JSON? {
    if let exact = members.first(where: { $0.key.utf8.elementsEqual(name.utf8) }) {
      return exact.value
    }
    return index(of: name, in: members.map(\.key)).map { members[$0].value }
  }

  /// The first name that stands twice, but for blanks around it; columns without a name may be many.
  public static func repeated(in names: [String]) -> String? {
    var seen: Set<ByteName> = []
    return names.map(trimmed).first { !$0.isEmpty && !seen.insert(ByteName($0)).inserted }
  }

  /// `name` without blanks around it, in lower case.
  public static func plain(_ name: String) -> String { trimmed(name).lowercased() }

  /// `name` without white space around it.
  public static func trimmed(_ name: String) -> String {
    let isBlank = { (scalar: Unicode.Scalar) in
      scalar.properties.isWhitespace || scalar == "\u{FEFF}"
    }
    let start = name.unicodeScalars.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }
    return end.map { String(start[...$0]) } ?? ""
  }
}
