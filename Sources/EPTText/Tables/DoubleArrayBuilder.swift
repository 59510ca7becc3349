/// Builds the units of a `DoubleArray`.
struct DoubleArrayBuilder {
  private(set) var units: [UInt32] = [0]
  /// Whether a position is taken.
  private var isTaken: [Bool] = [true]
  /// Whether some node has its children at a position; two nodes never share one.
  private var isBase: [Bool] = [false]
  /// All positions below are taken.
  private var firstFree = 1
  private let keys: [[UInt8]]
  private let values: [UInt32]

  /// Only so many positions at the end are tried; gaps before them stay.
  private static let window = 2048

  /// The distance between a node and its children has this many bits.
  private static let distanceBits = 21

  /// Builds the trie of `entries`; of equal keys the last one counts.
  ///
  /// - Throws: `TextError` if a key contains a zero byte or there are too many.
  init(_ entries: [(key: [UInt8], value: Int)], source: String) throws {
    var last: [[UInt8]: Int] = [:]
    for entry in entries { last[entry.key] = entry.value }
    last[[]] = nil
    keys = last.keys.sorted { $0.lexicographicallyPrecedes($1) }
    values = keys.map { UInt32(truncatingIfNeeded: last[$0] ?? 0) & 0x7FFF_FFFF }
    if let key = keys.first(where: { $0.contains(0) }) {
      throw TextError.unsupported(
        source: source, what: "a zero byte in the piece `\(String(decoding: key, as: UTF8.self))`",
        hint: "remove it from the vocabulary")
    }
    var waiting = [(node: 0, first: 0, last: keys.count, depth: 0)]
    while let next = waiting.popLast() {
      guard next.first < next.last else { continue }
      var children: [(label: UInt8, first: Int, last: Int)] = []
      var index = next.first
      let hasValue = keys[index].count == next.depth
      if hasValue { index += 1 }
      while index < next.last {
        let label = keys[index][next.depth]
        let start = index
        while index < next.last, keys[index][next.depth] == label { index += 1 }
        children.append((label, start, index))
      }
      let labels = (hasValue ? [0] : []) + children.map(\.label)
      let base = place(labels)
      let distance = next.node ^ base
      guard distance >> Self.distanceBits == 0 else {
        throw TextError.unsupported(
          source: source, what: "a vocabulary of \(keys.count) pieces",
          hint: "tries of up to \(1 << Self.distanceBits) nodes are")
      }
      units[next.node] |= UInt32(distance) << 10
      if hasValue {
        units[next.node] |= 1 << 8
        units[base] = values[next.first] | 1 << 31
      }
      for child in children.reversed() {
        units[base ^ Int(child.label)] = UInt32(child.label)
        waiting.append((base ^ Int(child.label), child.first, child.last, next.depth + 1))
      }
    }
  }

  /// Takes positions for children with `labels` (sorted) and returns their base.
  private mutating func place(_ labels: [UInt8]) -> Int {
    let leading = Int(labels.first ?? 0)
    while firstFree < isTaken.count, isTaken[firstFree] { firstFree += 1 }
    var position = max(firstFree, units.count - Self.window)
    while true {
      grow(to: (position | 0xFF) + 1)
      if !isTaken[position] {
        let base = position ^ leading
        if base > 0, !isBase[base], labels.allSatisfy({ !isTaken[base ^ Int($0)] }) {
          for label in labels { isTaken[base ^ Int(label)] = true }
          isBase[base] = true
          return base
        }
      }
      position += 1
    }
  }

  /// Makes room for positions below `count`, whole blocks of 256, in which no byte leads to
  /// an empty unit.
  private mutating func grow(to count: Int) {
    guard units.count < count else { return }
    let added = (count + 255) / 256 * 256 - units.count
    units += repeatElement(1 << 31, count: added)
    isTaken += repeatElement(false, count: added)
    isBase += repeatElement(false, count: added)
  }
}
