/// The piece that stands for each byte, where a vocabulary has it.
struct BytePieces: @unchecked Sendable {
  /// In the tables, where a byte has no piece.
  static let missing = UInt32.max

  private let ids: UnsafePointer<UInt32>

  /// Reads the pieces; nil if the tables have none.
  ///
  /// - Throws: `TextError.invalid`.
  init?(_ reader: TableReader, pieces: Int) throws {
    guard reader.has(.bytePieces) else { return nil }
    let values = try reader.values(.bytePieces, of: UInt32.self)
    guard values.count == 256, let base = values.baseAddress,
      values.allSatisfy({ $0 == Self.missing || $0 < pieces })
    else { throw TableReader.fault("the pieces of bytes do not fit") }
    ids = base
  }

  /// The piece of `byte`, negative if there is none.
  @inline(__always)
  subscript(byte: UInt8) -> Int32 { Int32(bitPattern: ids[Int(byte)]) }

  /// Whether each byte has a piece.
  func hasAll(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Bool {
    (start..<end).allSatisfy { self[bytes[$0]] >= 0 }
  }

  /// The byte that a piece such as `<0x0A>` stands for; nil for other pieces.
  static func byte(of piece: [UInt8]) -> UInt8? {
    guard piece.count == 6, piece.starts(with: Array("<0x".utf8)), piece[5] == UInt8(ascii: ">")
    else { return nil }
    return UInt8(String(decoding: piece[3..<5], as: UTF8.self), radix: 16)
  }

  /// The ids of `<0x00>` to `<0xFF>`, which stand for bytes beside pieces of characters.
  static func fallback(_ id: ([UInt8]) -> Int?) -> [UInt32] {
    (0..<256).map { (byte: Int) in
      let digits = String(byte, radix: 16, uppercase: true)
      return id(Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)).map { UInt32($0) } ?? missing
    }
  }
}
