/// A set of Unicode scalars, as runs in rising order that do not touch.
struct ScalarSet: Hashable, Sendable {
  /// All that a text may hold.
  static let everything = ScalarSet([0...0x10_FFFF])

  private(set) var runs: [ClosedRange<UInt32>]

  /// The union of `runs`, which may overlap.
  init(_ runs: [ClosedRange<UInt32>]) {
    self.runs = []
    for run in runs.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = self.runs.last, run.lowerBound <= last.upperBound + 1 {
        self.runs[self.runs.count - 1] =
          last.lowerBound...max(last.upperBound, run.upperBound)
      } else {
        self.runs.append(run)
      }
    }
  }

  /// The scalars of a property, by its text in `UnicodeData`.
  init(property: String) {
    self.init(UnicodeData.runs(property))
  }

  init(_ scalar: Unicode.Scalar) {
    self.init([scalar.value...scalar.value])
  }

  func union(_ other: ScalarSet) -> ScalarSet {
    ScalarSet(runs + other.runs)
  }

  /// The scalars that are not in the set.
  var complement: ScalarSet {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for run in runs {
      if run.lowerBound > next { result.append(next...run.lowerBound - 1) }
      next = run.upperBound + 1
    }
    if next <= 0x10_FFFF { result.append(next...0x10_FFFF) }
    return ScalarSet(result)
  }
}
