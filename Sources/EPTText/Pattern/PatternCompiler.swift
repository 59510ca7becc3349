/// Makes the automaton of a regular expression: what `Pattern` runs.
///
/// States are ordered lists of places in the expression, as a backtracking matcher would try them.
/// So the first alternative counts, as it does there (Cox 2010, "Regular expression matching in the
/// wild"). Whether a look ahead holds is decided with the scalar that comes next.
struct PatternCompiler {
  private enum Place {
    case take(set: Int, next: Int)
    case either(Int, Int)
    case look(set: Int, isNegative: Bool, next: Int)
    case match
  }

  private static let mostPlaces = 2_000
  private static let mostStates = 2_000
  private static let mostSets = 60

  /// The class of each of the 0x11_0000 scalars: those that no set tells apart have the same.
  private(set) var classes: [UInt8] = []
  /// How many classes there are; one more stands for the end of the text.
  private(set) var classCount = 0
  /// `[states, classes + 1]`: see `Pattern`.
  private(set) var transitions: [UInt16] = []

  private var places: [Place] = []
  private var sets: [ScalarSet] = []
  private var setNumbers: [ScalarSet: Int] = [:]
  /// Of each class the sets that hold it, a bit each.
  private var masks: [UInt64] = []

  /// - Throws: `PatternSyntax.Fault`.
  init(_ node: PatternNode) throws {
    let match = try add(.match)
    let start = try compile(node, next: match)
    makeClasses()
    try makeStates(start: start)
  }

  private mutating func add(_ place: Place) throws -> Int {
    guard places.count < Self.mostPlaces else {
      throw PatternSyntax.Fault(reason: "more than \(Self.mostPlaces) places")
    }
    places.append(place)
    return places.count - 1
  }

  private mutating func number(of set: ScalarSet) throws -> Int {
    if let known = setNumbers[set] { return known }
    guard sets.count < Self.mostSets else {
      throw PatternSyntax.Fault(reason: "more than \(Self.mostSets) classes")
    }
    setNumbers[set] = sets.count
    sets.append(set)
    return sets.count - 1
  }

  /// Adds `node`, behind which `next` comes, and returns where it begins.
  private mutating func compile(_ node: PatternNode, next: Int) throws -> Int {
    switch node {
    case .scalar(let set):
      return try add(.take(set: try number(of: set), next: next))
    case .look(let set, let isNegative):
      return try add(.look(set: try number(of: set), isNegative: isNegative, next: next))
    case .sequence(let nodes):
      var next = next
      for node in nodes.reversed() { next = try compile(node, next: next) }
      return next
    case .alternatives(let nodes):
      let starts = try nodes.map { try compile($0, next: next) }
      var result = starts[starts.count - 1]
      for start in starts.dropLast().reversed() { result = try add(.either(start, result)) }
      return result
    case .repeated(let node, let least, let most):
      var result = next
      if let most {
        // Each further time is optional, and ends all of them if it does not fit.
        for _ in least..<max(least, most) {
          result = try add(.either(try compile(node, next: result), next))
        }
      } else {
        let loop = try add(.match)
        places[loop] = .either(try compile(node, next: loop), next)
        result = loop
      }
      for _ in 0..<least { result = try compile(node, next: result) }
      return result
    }
  }

  private mutating func makeClasses() {
    var table = [UInt64](repeating: 0, count: 0x11_0000)
    for (number, set) in sets.enumerated() {
      for run in set.runs {
        for scalar in run { table[Int(scalar)] |= 1 << UInt64(number) }
      }
    }
    var known: [UInt64: UInt8] = [:]
    classes = table.map { mask in
      if let number = known[mask] { return number }
      // Sets of properties overlap little: there are far fewer than 255 classes.
      let number = UInt8(clamping: known.count)
      known[mask] = number
      masks.append(mask)
      return number
    }
    classCount = masks.count
  }

  private mutating func makeStates(start: Int) throws {
    guard classCount < 255 else { throw PatternSyntax.Fault(reason: "too many classes") }
    let width = classCount + 1
    var first: [Int] = []
    var seen = Set<Int>()
    follow(start, nextClass: nil, seen: &seen, into: &first)
    var states: [[Int]] = [[], first]
    var numbers = [[]: 0, first: 1]
    transitions = [UInt16](repeating: 0, count: width)
    var state = 1
    while state < states.count {
      for column in 0..<width {
        let (next, matches) = step(states[state], column)
        let number = numbers[next] ?? states.count
        if number == states.count {
          guard number < Self.mostStates else {
            throw PatternSyntax.Fault(reason: "more than \(Self.mostStates) states")
          }
          numbers[next] = number
          states.append(next)
        }
        transitions.append(UInt16(number) | (matches ? Pattern.matchFlag : 0))
      }
      state += 1
    }
    guard !states[1].contains(where: { if case .match = places[$0] { true } else { false } }) else {
      throw PatternSyntax.Fault(reason: "a match of nothing")
    }
  }

  /// What comes after `state` with a scalar of class `column`, and whether the text before that
  /// scalar is a match.
  private func step(_ state: [Int], _ column: Int) -> (next: [Int], matches: Bool) {
    var resolved: [Int] = []
    var seen = Set<Int>()
    for place in state {
      if follow(place, nextClass: column, seen: &seen, into: &resolved) { break }
    }
    var next: [Int] = []
    var matches = false
    seen.removeAll()
    for place in resolved {
      switch places[place] {
      case .match: matches = true
      case .take(let set, let following):
        guard holds(set, column) else { continue }
        if follow(following, nextClass: nil, seen: &seen, into: &next) {
          return (next, matches || resolved.contains { isMatch($0) })
        }
      default: break
      }
    }
    return (next, matches)
  }

  private func isMatch(_ place: Int) -> Bool {
    if case .match = places[place] { return true }
    return false
  }

  /// Whether the class is in the set; the class behind the last is the end of the text, in none.
  private func holds(_ set: Int, _ column: Int) -> Bool {
    column < classCount && masks[column] >> UInt64(set) & 1 == 1
  }

  /// Adds what can be reached from `place` without a scalar, in order, up to a match.
  ///
  /// `nextClass` decides looks ahead; it is nil where the next scalar is not known yet.
  ///
  /// - Returns: Whether a match was added, behind which nothing counts.
  @discardableResult
  private func follow(
    _ place: Int, nextClass: Int?, seen: inout Set<Int>, into list: inout [Int]
  ) -> Bool {
    var waiting = [place]
    while let place = waiting.popLast() {
      guard seen.insert(place).inserted else { continue }
      switch places[place] {
      case .either(let first, let second):
        waiting.append(second)
        waiting.append(first)
      case .look(let set, let isNegative, let next):
        guard let nextClass else {
          list.append(place)
          continue
        }
        if holds(set, nextClass) != isNegative { waiting.append(next) }
      case .take: list.append(place)
      case .match:
        list.append(place)
        return true
      }
    }
    return false
  }
}
