import CEPTC
import EPTSystem

extension eptc_text {
  /// The text; bytes that are no UTF-8 become U+FFFD.
  ///
  /// - Throws: `LibraryError` for a length without bytes.
  func string(_ name: String) throws -> String {
    guard length > 0 else {
      guard length == 0 else {
        throw LibraryError.argument(name: name, reason: "has a text that is too long")
      }
      return ""
    }
    let bytes = try Handle.require(bytes, "\(name).bytes")
    return String(
      decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
  }
}

/// Arrays of the caller's.
enum CallerArray {
  /// The `count` texts at `start`, the argument called `name`.
  ///
  /// - Throws: `LibraryError`.
  static func texts(
    _ start: UnsafePointer<eptc_text>?, count: Int, _ name: String
  ) throws -> [String] {
    guard count > 0 else { return [] }
    let start = try Handle.require(start, name)
    return try (0..<count).map { try start[$0].string(name) }
  }

  /// The `rows` rows of `fields` texts at `start`, the argument called `name`.
  ///
  /// - Throws: `LibraryError`.
  static func rows(
    _ start: UnsafePointer<eptc_text>?, rows: Int, fields: Int, _ name: String
  ) throws -> [[String]] {
    let (count, overflows) = rows.multipliedReportingOverflow(by: fields)
    guard rows >= 0, !overflows else {
      throw LibraryError.argument(name: "rows", reason: "is more than memory can hold")
    }
    let texts = try texts(start, count: count, name)
    return (0..<rows).map { Array(texts[$0 * fields..<($0 + 1) * fields]) }
  }

  /// Copies `values`, all rows of which are as long, to `start`, the argument called `name`.
  ///
  /// - Throws: `LibraryError.null`.
  static func copy(
    _ values: [[Float]], to start: UnsafeMutablePointer<Float>?, _ name: String
  ) throws {
    guard !values.isEmpty else { return }
    var place = try Handle.require(start, name)
    for row in values {
      row.withUnsafeBufferPointer { row in
        guard let base = row.baseAddress else { return }
        place.update(from: base, count: row.count)
      }
      place += row.count
    }
  }

  /// The path at `start`, the argument called `name`, byte by byte as it is.
  ///
  /// - Throws: `LibraryError.null`.
  static func path(_ start: UnsafePointer<CChar>?, _ name: String) throws -> String {
    PathBytes.text(cString: try Handle.require(start, name))
  }
}
