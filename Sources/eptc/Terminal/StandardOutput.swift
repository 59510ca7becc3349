import Glibc

/// Standard output, every write of which is checked.
enum StandardOutput {
  /// Writes `text` and a line end.
  ///
  /// Control characters other than line ends and tabs are escaped, in JSON as JSON has them.
  ///
  /// - Throws: `CommandError.output` where it cannot be written, `.closedOutput` where nobody reads.
  static func print(_ text: String) throws {
    var line = ""
    for scalar in text.unicodeScalars {
      if scalar == "\n" || scalar == "\t" || !isControl(scalar) {
        line.unicodeScalars.append(scalar)
      } else {
        let digits = String(scalar.value, radix: 16)
        line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    line += "\n"
    try line.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  /// Whether `scalar` is a control character, of which none is beyond U+009F.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }

  private static func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      let count = Glibc.write(STDOUT_FILENO, part.baseAddress, part.count)
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EPIPE {
        throw CommandError.closedOutput
      } else if errno == EAGAIN {
        // Someone else made the descriptor non-blocking.
        var request = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        _ = poll(&request, 1, -1)
      } else if errno != EINTR {
        throw CommandError.output(reason: String(cString: strerror(errno)))
      }
    }
  }
}
