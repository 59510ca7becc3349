/// A trie over bytes in one flat array: the double array of Aoe (1989), in the layout of
/// Darts-clone that sentencepiece's character maps use as well.
///
/// The unit of a node: bits 0-7 are the byte that leads to it. Bit 8 says whether a key ends here.
/// Bits 10-30 are the distance (by XOR) to its children, shifted by 8 more bits if bit 9 is set. A
/// child stands at the children's base XOR its byte. The value of a key stands at the base itself,
/// with bit 31 set. No key contains a zero byte.
struct DoubleArray: @unchecked Sendable {
  private let units: UnsafePointer<UInt32>
  private let count: UInt32

  /// Every step is checked against the bounds, so any content is safe.
  init?(_ units: UnsafeBufferPointer<UInt32>) {
    guard let base = units.baseAddress, !units.isEmpty, units.count < 1 << 30 else { return nil }
    self.units = base
    count = UInt32(units.count)
  }

  /// Where the children of the root are.
  @inline(__always)
  var root: UInt32 { Self.offset(units[0]) }

  /// Goes from the node whose children are at `node` along `byte`.
  ///
  /// - Returns: nil if there is no such child, else whether a key ends at it.
  @inline(__always)
  func step(_ node: inout UInt32, _ byte: UInt8) -> Bool? {
    let position = node ^ UInt32(byte)
    guard position < count, byte != 0 else { return nil }
    let unit = units[Int(position)]
    guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
    node = position ^ Self.offset(unit)
    return unit & 0x100 != 0
  }

  /// The value of the key that ends at the node whose children are at `node`.
  @inline(__always)
  func value(_ node: UInt32) -> Int {
    node < count ? Int(units[Int(node)] & 0x7FFF_FFFF) : Int(Int32.max)
  }

  /// The shortest or longest key that the bytes `start..<end` begin with.
  @inline(__always)
  func prefix(
    of bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, longest: Bool
  ) -> (value: Int, length: Int)? {
    var node = root
    var result: (value: Int, length: Int)?
    var position = start
    while position < end, let isKey = step(&node, bytes[position]) {
      position += 1
      if isKey {
        result = (value(node), position - start)
        if !longest { break }
      }
    }
    return result
  }

  @inline(__always)
  private static func offset(_ unit: UInt32) -> UInt32 {
    (unit >> 10) << ((unit & 0x200) >> 6)
  }
}
