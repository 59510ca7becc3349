/// Makes zip archives for tests, stored as PyTorch stores them.
public enum ZipBytes {
  /// An archive of `files` with checksums that fit.
  public static func file(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var body: [UInt8] = []
    var directory: [UInt8] = []
    for (name, bytes) in files {
      let place = body.count
      var record: [UInt8] = []
      // Version, flags, method and time; then checksum and sizes.
      record.append(0, 5)
      record.append(0, 5)
      record.append(Int(checksum(bytes)), 4)
      record.append(bytes.count, 4)
      record.append(bytes.count, 4)
      record.append(name.utf8.count, 2)
      record.append(0, 2)
      body += Array("PK\u{3}\u{4}".utf8) + record + Array(name.utf8) + bytes
      directory += Array("PK\u{1}\u{2}".utf8) + [0, 0] + record + [UInt8](repeating: 0, count: 10)
      directory.append(place, 4)
      directory += Array(name.utf8)
    }
    var end = Array("PK\u{5}\u{6}".utf8) + [0, 0, 0, 0]
    end.append(files.count, 2)
    end.append(files.count, 2)
    end.append(directory.count, 4)
    end.append(body.count, 4)
    return body + directory + end + [0, 0]
  }

  /// The cyclic redundancy check of zip, bit by bit.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var value = UInt32.max
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 {
        let isOdd = value & 1 == 1
        value >>= 1
        if isOdd { value ^= 0xEDB8_8320 }
      }
    }
    return ~value
  }
}

extension [UInt8] {
  /// Appends `number` in `size` bytes, the lowest first.
  fileprivate mutating func append(_ number: Int, _ size: Int) {
    for place in 0..<size { append(UInt8(truncatingIfNeeded: number >> (8 * place))) }
  }
}
