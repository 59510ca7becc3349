import EPTFormat
import EPTSystem

/// The lines of a mapped text file, by number.
///
/// Only `\n` ends a line; a `\r` before it is dropped, as is a byte order mark at the start. A
/// last line without `\n` is a line.
struct TextLines: Sequence {
  let file: MappedFile

  func makeIterator() -> Iterator {
    Iterator(file: file)
  }

  struct Iterator: IteratorProtocol {
    let file: MappedFile
    private var position: Int
    private var number = 0

    init(file: MappedFile) {
      self.file = file
      position = file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next line, numbered from 1, without its end.
    ///
    /// Its bytes are valid as long as the file.
    mutating func next() -> (number: Int, bytes: UnsafeRawBufferPointer)? {
      let bytes = file.bytes
      guard position < bytes.count else { return nil }
      var end = position
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      var last = end
      if last > position, bytes[last - 1] == UInt8(ascii: "\r") { last -= 1 }
      let line = UnsafeRawBufferPointer(rebasing: bytes[position..<last])
      position = end + 1
      number += 1
      return (number, line)
    }
  }
}

extension TextLines {
  /// Calls `body` with the JSON value and the number of each line; blank lines are passed over.
  ///
  /// - Throws: `TaskError.badRow` for a line that is no JSON; what `body` throws.
  func forEachRecord(_ body: (_ record: JSON, _ line: Int) throws -> Void) throws {
    for line in self {
      let isBlank = line.bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      if isBlank { continue }
      let record: JSON
      do {
        record = try JSON(parsing: line.bytes)
      } catch let error as JSONError {
        throw TaskError.badRow(
          path: file.path, line: line.number, reason: "not a JSON object: \(error)")
      }
      try body(record, line.number)
    }
  }

  /// The columns of a line of a table, in which nothing is quoted.
  static func columns(_ line: UnsafeRawBufferPointer) -> [Slice<UnsafeRawBufferPointer>] {
    line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
  }

  /// The text of a column of `line`.
  ///
  /// - Throws: `TaskError.badRow` for bytes that are no UTF-8.
  func text(_ column: Slice<UnsafeRawBufferPointer>, line: Int) throws -> String {
    guard let text = String(validating: column, as: UTF8.self) else {
      throw TaskError.badRow(
        path: file.path, line: line,
        reason: "a text that is not UTF-8; convert the file to UTF-8")
    }
    return text
  }
}
