/// Merges the pieces of one word, always the pair of the lowest rank, the leftmost of equal ones.
struct PairMerger: ~Copyable {
  /// Words of more pieces are merged with a heap.
  private static let shortWord = 48

  private var ids: [Int32] = []
  /// Of each piece the rank of the pair that it makes with the next one.
  private var ranks: [UInt32] = []
  private var previous: [Int32] = []
  private var next: [Int32] = []
  /// A binary heap of rank and place, the least first.
  private var heap: [UInt64] = []

  mutating func removeAll() {
    ids.removeAll(keepingCapacity: true)
  }

  @inline(__always)
  mutating func append(_ id: Int32) {
    ids.append(id)
  }

  /// Merges and appends what is left.
  mutating func finish(_ merges: MergeTable, to output: inout [Int32]) {
    let count = ids.count
    guard count > 1 else {
      if count == 1 { output.append(ids[0]) }
      return
    }
    ranks.removeAll(keepingCapacity: true)
    for place in 0..<count - 1 { ranks.append(merges.rank(ids[place], ids[place + 1])) }
    ranks.append(MergeTable.none)
    if count <= Self.shortWord {
      finishShort(merges, to: &output)
    } else {
      finishLong(merges, to: &output)
    }
  }

  private mutating func finishShort(_ merges: MergeTable, to output: inout [Int32]) {
    var count = ids.count
    ids.withUnsafeMutableBufferPointer { ids in
      ranks.withUnsafeMutableBufferPointer { ranks in
        while count > 1 {
          var best = MergeTable.none
          var place = 0
          for index in 0..<count - 1 where ranks[index] < best {
            best = ranks[index]
            place = index
          }
          guard best != MergeTable.none else { break }
          ids[place] = merges.piece(best)
          count -= 1
          for index in stride(from: place + 1, to: count, by: 1) {
            ids[index] = ids[index + 1]
            ranks[index] = ranks[index + 1]
          }
          ranks[place] =
            place + 1 < count ? merges.rank(ids[place], ids[place + 1]) : MergeTable.none
          if place > 0 { ranks[place - 1] = merges.rank(ids[place - 1], ids[place]) }
        }
        output.append(contentsOf: UnsafeBufferPointer(rebasing: ids[..<count]))
      }
    }
  }

  private mutating func finishLong(_ merges: MergeTable, to output: inout [Int32]) {
    let count = ids.count
    previous.removeAll(keepingCapacity: true)
    next.removeAll(keepingCapacity: true)
    heap.removeAll(keepingCapacity: true)
    for place in 0..<count {
      previous.append(Int32(truncatingIfNeeded: place) - 1)
      next.append(Int32(truncatingIfNeeded: place) + 1)
      push(place)
    }
    next[count - 1] = -1
    while let (rank, place) = pop() {
      // What merged since then has another rank.
      guard ranks[place] == rank, next[place] >= 0 else { continue }
      let right = Int(next[place])
      ids[place] = merges.piece(rank)
      next[place] = next[right]
      ranks[right] = MergeTable.none
      if next[place] >= 0 {
        previous[Int(next[place])] = Int32(truncatingIfNeeded: place)
        ranks[place] = merges.rank(ids[place], ids[Int(next[place])])
      } else {
        ranks[place] = MergeTable.none
      }
      push(place)
      if previous[place] >= 0 {
        let left = Int(previous[place])
        ranks[left] = merges.rank(ids[left], ids[place])
        push(left)
      }
    }
    var place = 0
    while place >= 0 {
      output.append(ids[place])
      place = Int(next[place])
    }
  }

  private mutating func push(_ place: Int) {
    guard ranks[place] != MergeTable.none else { return }
    heap.append(UInt64(ranks[place]) << 32 | UInt64(UInt32(truncatingIfNeeded: place)))
    var child = heap.count - 1
    while child > 0, heap[(child - 1) / 2] > heap[child] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func pop() -> (rank: UInt32, place: Int)? {
    guard let least = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      var parent = 0
      while true {
        var child = 2 * parent + 1
        guard child < heap.count else { break }
        if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
        guard heap[child] < heap[parent] else { break }
        heap.swapAt(child, parent)
        parent = child
      }
    }
    return (UInt32(truncatingIfNeeded: least >> 32), Int(least & 0xFFFF_FFFF))
  }
}
