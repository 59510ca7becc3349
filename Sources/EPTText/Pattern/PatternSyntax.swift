/// What a regular expression says, of the kind that tokenizers are cut with.
indirect enum PatternNode: Equatable, Sendable {
  /// One scalar of the set.
  case scalar(ScalarSet)
  case sequence([PatternNode])
  /// The first that fits counts.
  case alternatives([PatternNode])
  /// As often as possible, at least `least`, at most `most` times.
  case repeated(PatternNode, least: Int, most: Int?)
  /// Whether a scalar of the set comes next (or, negative, none does), which is not taken.
  case look(ScalarSet, isNegative: Bool)
}

/// Reads a regular expression.
///
/// There are scalars, classes, groups, alternatives, greedy repetition, and looking ahead at one class.
/// What else the reference's expressions can have is refused.
struct PatternSyntax {
  /// Why an expression is refused.
  struct Fault: Error {
    /// In the middle of a sentence.
    let reason: String
  }

  private static let deepest = 20
  private static let mostRepetitions = 100
  private static let properties = [
    "L": UnicodeData.letter, "N": UnicodeData.number, "M": UnicodeData.mark,
    "P": UnicodeData.punctuation, "Ll": UnicodeData.lower,
  ]

  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private var ignoresCase = false

  /// - Throws: `Fault`.
  static func read(_ expression: String) throws -> PatternNode {
    var syntax = PatternSyntax(scalars: Array(expression.unicodeScalars))
    let node = try syntax.alternatives()
    guard syntax.position == syntax.scalars.count else { throw Fault(reason: "a `)` too many") }
    return node
  }

  /// The expression that fits just `text`.
  static func literal(_ text: String) -> PatternNode {
    .sequence(text.unicodeScalars.map { .scalar(ScalarSet($0)) })
  }

  private init(scalars: [Unicode.Scalar]) {
    self.scalars = scalars
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ text: String) -> Bool {
    guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  private mutating func takeScalar() throws -> Unicode.Scalar {
    guard let scalar = next else { throw Fault(reason: "its end, where more is expected") }
    position += 1
    return scalar
  }

  private mutating func alternatives() throws -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else {
      throw Fault(reason: "groups more than \(Self.deepest) deep")
    }
    var choices = [try sequence()]
    while take("|") { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .alternatives(choices)
  }

  private mutating func sequence() throws -> PatternNode {
    var items: [PatternNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let item = try self.item()
      items.append(try repetition(of: item))
    }
    return items.count == 1 ? items[0] : .sequence(items)
  }

  private mutating func repetition(of item: PatternNode) throws -> PatternNode {
    let least: Int
    var most: Int?
    if take("?") {
      (least, most) = (0, 1)
    } else if take("*") {
      least = 0
    } else if take("+") {
      least = 1
    } else if take("{") {
      least = try count()
      most = least
      if take(",") { most = next == "}" ? nil : try count() }
      guard take("}"), least <= most ?? least else { throw Fault(reason: "a wrong `{`") }
    } else {
      return item
    }
    if let scalar = next, "?+*{".unicodeScalars.contains(scalar) {
      throw Fault(reason: "a lazy or possessive repetition")
    }
    if case .look = item { throw Fault(reason: "a repeated look ahead") }
    return .repeated(item, least: least, most: most)
  }

  private mutating func count() throws -> Int {
    var value = 0
    var digits = 0
    while let scalar = next, ("0"..."9").contains(scalar) {
      value = min(value * 10 + Int(scalar.value - 0x30), Self.mostRepetitions + 1)
      position += 1
      digits += 1
    }
    guard digits > 0, value <= Self.mostRepetitions else {
      throw Fault(reason: "a number of repetitions that is none or above \(Self.mostRepetitions)")
    }
    return value
  }

  private mutating func item() throws -> PatternNode {
    let scalar = try takeScalar()
    switch scalar {
    case "(": return try group()
    case "[": return .scalar(try set())
    case "\\": return .scalar(try escape())
    case ".": return .scalar(ScalarSet("\n").complement)
    case "^", "$", "*", "+", "?", "{": throw Fault(reason: "`\(scalar)` in this place")
    default: return .scalar(folded(scalar))
    }
  }

  private mutating func group() throws -> PatternNode {
    let isNegative = take("?!")
    if isNegative || take("?=") {
      let inner = try alternatives()
      guard take(")") else { throw Fault(reason: "a `(` without its `)`") }
      guard case .scalar(let set) = inner else {
        throw Fault(reason: "a look ahead at more than one character")
      }
      return .look(set, isNegative: isNegative)
    }
    let before = ignoresCase
    if take("?i:") {
      ignoresCase = true
    } else if !take("?:"), next == "?" {
      throw Fault(reason: "a group of a special kind")
    }
    let inner = try alternatives()
    guard take(")") else { throw Fault(reason: "a `(` without its `)`") }
    ignoresCase = before
    return inner
  }

  /// A letter, or where case is ignored, all that the reference takes for it.
  private func folded(_ scalar: Unicode.Scalar) -> ScalarSet {
    let set = ScalarSet(scalar)
    guard ignoresCase, scalar.isASCII, scalar.properties.isAlphabetic else { return set }
    let upper = scalar.value & ~0x20
    var runs = [upper...upper, upper | 0x20...upper | 0x20]
    // The long s and the sign for kelvin.
    if upper == 0x53 { runs.append(0x17F...0x17F) }
    if upper == 0x4B { runs.append(0x212A...0x212A) }
    return ScalarSet(runs)
  }

  private mutating func escape() throws -> ScalarSet {
    let scalar = try takeScalar()
    switch scalar {
    case "s": return ScalarSet(property: UnicodeData.whiteSpace)
    case "S": return ScalarSet(property: UnicodeData.whiteSpace).complement
    case "n": return ScalarSet("\n")
    case "r": return ScalarSet("\r")
    case "t": return ScalarSet("\t")
    case "p", "P":
      var name = ""
      guard take("{") else { throw Fault(reason: "`\\\(scalar)` without `{`") }
      while let next, next != "}" {
        name.unicodeScalars.append(next)
        position += 1
      }
      guard take("}"), let property = Self.properties[name] else {
        throw Fault(reason: "the property `\(name)`")
      }
      let set = ScalarSet(property: property)
      return scalar == "p" ? set : set.complement
    default:
      guard scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else {
        throw Fault(reason: "`\\\(scalar)`")
      }
      return ScalarSet(scalar)
    }
  }

  /// A class in brackets, behind its opening one.
  private mutating func set() throws -> ScalarSet {
    let isNegative = take("^")
    var result = ScalarSet([])
    var isFirst = true
    while isFirst || next != "]" {
      isFirst = false
      let scalar = try takeScalar()
      if scalar == "[" || scalar == "&" && next == "&" {
        throw Fault(reason: "a class within a class")
      }
      if scalar == "\\" {
        result = result.union(try escape())
        if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
          throw Fault(reason: "a range from an escape")
        }
        continue
      }
      guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
        result = result.union(folded(scalar))
        continue
      }
      position += 1
      let last = try takeScalar()
      guard last != "\\", last != "[", scalar <= last, !ignoresCase else {
        throw Fault(reason: "a range of this kind")
      }
      result = result.union(ScalarSet([scalar.value...last.value]))
    }
    position += 1
    return isNegative ? result.complement : result
  }
}
