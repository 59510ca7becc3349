import EPTSystem

/// Splits rows such that each class has its share in every part.
///
/// Rows are ordered by class, in each class in random order, and taken from that order at even
/// distances. So every part has each class's share to within a row, and all of the shares together
/// exactly.
struct StratifiedSplit {
  private let labels: [Int]
  /// The rows that are left, by class.
  private var order: [Int]
  /// How many rows of each class are left.
  private var left: [Int: Int] = [:]

  /// A split of rows with the classes `labels`.
  init(_ labels: [Int], seed: UInt64) {
    self.labels = labels
    var random = RandomNumbers(.split, seed)
    // The class first, then the random order.
    order = random.shuffled(labels.count).enumerated()
      .sorted { (labels[$0.element], $0.offset) < (labels[$1.element], $1.offset) }
      .map(\.element)
    for label in labels { left[label, default: 0] += 1 }
  }

  /// The rows that nobody has taken, in the order of the file.
  var rest: [Int] { order.sorted() }

  /// Takes `count` rows, but the last one of no class; fewer if there are no others.
  mutating func take(_ count: Int) -> [Int] {
    var taken: [Int] = []
    var kept: [Int] = []
    let total = order.count
    for (place, row) in order.enumerated() {
      // Rows that were due and belonged to a class that had no other are made up for by the next.
      let due = (place + 1) * count / max(1, total)
      let label = labels[row]
      if taken.count < due, left[label, default: 0] > 1 {
        left[label, default: 0] -= 1
        taken.append(row)
      } else {
        kept.append(row)
      }
    }
    // What could not be made up for, since the last rows were of classes that had no other.
    for place in kept.indices.reversed() where taken.count < count {
      let label = labels[kept[place]]
      guard left[label, default: 0] > 1 else { continue }
      left[label, default: 0] -= 1
      taken.append(kept.remove(at: place))
    }
    order = kept
    return taken.sorted()
  }

  /// Two halves of all rows, of which the second has the odd one.
  static func halves(of labels: [Int], seed: UInt64) -> (first: [Int], second: [Int]) {
    let split = StratifiedSplit(labels, seed: seed)
    var halves: (first: [Int], second: [Int]) = ([], [])
    for (place, row) in split.order.enumerated() {
      if place % 2 == 1 { halves.first.append(row) } else { halves.second.append(row) }
    }
    return (halves.first.sorted(), halves.second.sorted())
  }
}
