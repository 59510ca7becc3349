import EPTFormat

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
