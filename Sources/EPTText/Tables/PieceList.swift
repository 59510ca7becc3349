/// The text of each id.
struct PieceList: @unchecked Sendable {
  private let offsets: UnsafeBufferPointer<UInt32>
  private let bytes: UnsafeBufferPointer<UInt8>

  /// Checks that offsets rise and stay inside `bytes`.
  init?(offsets: UnsafeBufferPointer<UInt32>, bytes: UnsafeBufferPointer<UInt8>) {
    guard let last = offsets.last, Int(last) <= bytes.count, offsets.count < Int(Int32.max),
      zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
    else { return nil }
    self.offsets = offsets
    self.bytes = bytes
  }

  var count: Int { offsets.count - 1 }

  /// The piece, nil for ids that no piece has.
  subscript(id: Int32) -> String? {
    guard id >= 0, Int(id) < count else { return nil }
    let range = Int(offsets[Int(id)])..<Int(offsets[Int(id) + 1])
    guard !range.isEmpty else { return nil }
    return String(decoding: bytes[range], as: UTF8.self)
  }
}
