import Glibc

/// Builds the units of a `DoubleArray`.
struct DoubleArrayBuilder {
  private(set) var units: [UInt32] = [0]
  /// Which positions are free, 64 a word, the lowest bit first.
  private var free: [UInt64] = []
  /// Whether some node has its children at a position; two nodes never share one.
  private var isBase: [Bool] = [false]
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
    let ordered = entries.indices.sorted {
      let (left, right) = (entries[$0].key, entries[$1].key)
      return left.precedes(right) || !right.precedes(left) && $0 < $1
    }
    // Of equal keys only the last one stays; an empty one leads nowhere.
    let kept = ordered.indices.filter {
      let key = entries[ordered[$0]].key
      return !key.isEmpty
        && ($0 + 1 == ordered.count || key != entries[ordered[$0 + 1]].key)
    }.map { entries[ordered[$0]] }
    keys = kept.map(\.key)
    values = kept.map { UInt32(truncatingIfNeeded: $0.value) & 0x7FFF_FFFF }
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
    var position = max(1, units.count - Self.window)
    while true {
      grow(to: (position | 0xFF) + 1)
      // The first free position of this word, at or after `position`.
      let rest = free[position >> 6] >> UInt64(position & 63)
      guard rest != 0 else {
        position = (position | 63) + 1
        continue
      }
      position += rest.trailingZeroBitCount
      let base = position ^ leading
      if base > 0, !isBase[base], labels.allSatisfy({ isFree(base ^ Int($0)) }) {
        for label in labels {
          let child = base ^ Int(label)
          free[child >> 6] &= ~(1 << UInt64(child & 63))
        }
        isBase[base] = true
        return base
      }
      position += 1
    }
  }

  private func isFree(_ position: Int) -> Bool {
    free[position >> 6] >> UInt64(position & 63) & 1 == 1
  }

  /// Makes room for positions below `count`, whole blocks of 256, in which no byte leads to
  /// an empty unit.
  private mutating func grow(to count: Int) {
    guard isBase.count < count else { return }
    let size = (count + 255) / 256 * 256
    units += repeatElement(1 << 31, count: size - units.count)
    isBase += repeatElement(false, count: size - isBase.count)
    free += repeatElement(.max, count: size / 64 - free.count)
    // The root's.
    free[0] &= ~1
  }
}

extension [UInt8] {
  /// Whether these bytes stand before `other`'s in order.
  fileprivate func precedes(_ other: [UInt8]) -> Bool {
    withUnsafeBytes { left in
      other.withUnsafeBytes { right in
        guard let first = left.baseAddress, let second = right.baseAddress else {
          return left.isEmpty && !right.isEmpty
        }
        let order = memcmp(first, second, Swift.min(left.count, right.count))
        return order < 0 || order == 0 && left.count < right.count
      }
    }
  }
}
