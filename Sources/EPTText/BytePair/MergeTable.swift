/// Which pairs of pieces become one, and in which order: a hash table with the pairs' ranks.
struct MergeTable: @unchecked Sendable {
  /// No pair has this rank.
  static let none = UInt32.max
  /// Pairs stand at most so many places behind where they belong.
  fileprivate static let longestProbe = 32

  private let slots: UnsafePointer<UInt32>
  private let mask: UInt32
  private let merged: UnsafeBufferPointer<UInt32>

  /// Checks that every merged piece is one of `pieces`.
  init?(
    slots: UnsafeBufferPointer<UInt32>, merged: UnsafeBufferPointer<UInt32>, pieces: Int
  ) {
    let count = slots.count / 3
    guard let base = slots.baseAddress, slots.count % 3 == 0, count > 0, count & (count - 1) == 0,
      count <= 1 << 30, merged.allSatisfy({ $0 < pieces })
    else { return nil }
    self.slots = base
    mask = UInt32(count - 1)
    self.merged = merged
  }

  /// The rank of the pair, the lowest of which merges first; `none` if it does not merge.
  @inline(__always)
  func rank(_ left: Int32, _ right: Int32) -> UInt32 {
    let (left, right) = (UInt32(bitPattern: left), UInt32(bitPattern: right))
    var place = Self.hash(left, right) & mask
    for _ in 0..<Self.longestProbe {
      let slot = slots + 3 * Int(place)
      let rank = slot[2]
      if rank == Self.none { return rank }
      if slot[0] == left, slot[1] == right { return rank < merged.count ? rank : Self.none }
      place = (place &+ 1) & mask
    }
    return Self.none
  }

  /// What the pair of `rank`, which `rank(_:_:)` gave, becomes.
  @inline(__always)
  func piece(_ rank: UInt32) -> Int32 { Int32(bitPattern: merged[Int(rank)]) }

  @inline(__always)
  fileprivate static func hash(_ left: UInt32, _ right: UInt32) -> UInt32 {
    let key = (UInt64(left) << 32 | UInt64(right)) &* 0x9E37_79B9_7F4A_7C15
    return UInt32(truncatingIfNeeded: key >> 32)
  }
}

/// The two sections of a `MergeTable`.
struct MergeTableBuilder {
  private(set) var slots: [UInt32] = []
  /// The piece of each rank.
  let merged: [UInt32]

  /// Builds the table of `merges`, which stand in order of rank; of equal pairs the last counts.
  init(_ merges: [(left: Int, right: Int, merged: Int)]) {
    merged = merges.map { UInt32($0.merged) }
    var ranks: [UInt64: UInt32] = [:]
    for (rank, merge) in merges.enumerated() {
      ranks[UInt64(merge.left) << 32 | UInt64(merge.right)] = UInt32(rank)
    }
    // In order of rank, so that equal definitions give equal tables.
    let ordered = ranks.sorted { $0.value < $1.value }
    var capacity = 64
    while capacity < 2 * ordered.count { capacity *= 2 }
    while !fill(ordered, capacity: capacity) { capacity *= 2 }
  }

  private mutating func fill(_ pairs: [(key: UInt64, value: UInt32)], capacity: Int) -> Bool {
    slots = [UInt32](repeating: MergeTable.none, count: 3 * capacity)
    for pair in pairs {
      let left = UInt32(pair.key >> 32)
      let right = UInt32(truncatingIfNeeded: pair.key)
      var place = Int(MergeTable.hash(left, right)) & (capacity - 1)
      var probes = 0
      while slots[3 * place + 2] != MergeTable.none {
        place = (place + 1) & (capacity - 1)
        probes += 1
        guard probes < MergeTable.longestProbe else { return false }
      }
      slots[3 * place] = left
      slots[3 * place + 1] = right
      slots[3 * place + 2] = pair.value
    }
    return true
  }
}
