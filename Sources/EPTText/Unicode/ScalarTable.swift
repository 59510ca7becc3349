/// A value for every Unicode scalar, in two stages: blocks of 256 scalars, equal blocks once.
struct ScalarTable<Value: FixedWidthInteger & Sendable>: @unchecked Sendable {
  static var blocks: Int { 0x11_0000 / 256 }

  private let index: UnsafePointer<UInt16>
  private let values: UnsafePointer<Value>
  private let count: Int
  /// The values of the first block.
  private let first: UnsafePointer<Value>

  /// Checks that every block is inside `values`, so that look-ups need no check.
  init?(index: UnsafeBufferPointer<UInt16>, values: UnsafeBufferPointer<Value>) {
    guard index.count == Self.blocks, let indexBase = index.baseAddress,
      let valuesBase = values.baseAddress,
      index.allSatisfy({ (Int($0) + 1) * 256 <= values.count })
    else { return nil }
    self.index = indexBase
    self.values = valuesBase
    count = values.count
    first = valuesBase + Int(indexBase[0]) * 256
  }

  /// The value of `scalar`; 0 for what is no scalar.
  @inline(__always)
  subscript(scalar: UInt32) -> Value {
    guard scalar < 0x11_0000 else { return 0 }
    return values[Int(index[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)]
  }

  /// The number of each block of scalars. `[4352]`
  var blockNumbers: UnsafeBufferPointer<UInt16> {
    UnsafeBufferPointer(start: index, count: Self.blocks)
  }

  /// The values of each block, by number.
  var blockValues: [UnsafeBufferPointer<Value>] {
    stride(from: 0, to: count / 256 * 256, by: 256).map {
      UnsafeBufferPointer(start: values + $0, count: 256)
    }
  }

  /// The value of an ASCII character.
  @inline(__always)
  subscript(ascii byte: UInt8) -> Value { first[Int(byte)] }
}

/// The two stages of a `ScalarTable`, while a tokenizer is compiled.
struct ScalarTableBuilder<Value: FixedWidthInteger> {
  private(set) var index: [UInt16] = []
  private(set) var values: [Value] = []

  /// Builds the stages from a value for each of the 0x11_0000 scalars.
  init(_ table: [Value]) {
    var known: [[Value]: UInt16] = [:]
    for start in stride(from: 0, to: table.count, by: 256) {
      let block = Array(table[start..<min(start + 256, table.count)])
      if let number = known[block] {
        index.append(number)
      } else {
        let number = UInt16(truncatingIfNeeded: known.count)
        known[block] = number
        index.append(number)
        values += block
      }
    }
  }
}
