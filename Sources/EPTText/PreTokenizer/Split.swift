/// Cuts a text at the matches of a pattern.
struct Split: Sendable {
  /// What becomes of a match.
  enum Behavior: UInt32 {
    /// A part of its own.
    case isolated = 0
    case removed = 1
    /// The end of the part before it.
    case mergedWithPrevious = 2
    /// The beginning of the part behind it.
    case mergedWithNext = 3
    /// A part together with the matches beside it.
    case contiguous = 4
  }

  private struct Part {
    var start: Int
    var end: Int
    var isMatch: Bool
  }

  let pattern: Pattern
  let behavior: Behavior
  /// Whether what does not match counts as the matches.
  let isInverted: Bool

  /// Calls `body` with each part of `start..<end`.
  @inline(__always)
  func cut(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, _ body: (Int, Int) -> Void
  ) {
    if behavior == .isolated {
      scan(bytes, from: start, to: end) { start, end, _ in body(start, end) }
    } else {
      for part in merged(bytes, from: start, to: end) { body(part.start, part.end) }
    }
  }

  /// Calls `body` with each match and each gap between matches.
  @inline(__always)
  private func scan(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, _ body: (Int, Int, Bool) -> Void
  ) {
    var gap = start
    var position = start
    while position < end {
      let next = pattern.match(bytes, from: position, to: end)
      if next > position {
        if gap < position { body(gap, position, isInverted) }
        body(position, next, !isInverted)
        position = next
        gap = next
      } else {
        position += UTF8Scalar.length(lead: bytes[position], limit: end - position)
      }
    }
    if gap < end { body(gap, end, isInverted) }
  }

  private func merged(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> [Part] {
    var parts: [Part] = []
    scan(bytes, from: start, to: end) { start, end, isMatch in
      guard !(isMatch && behavior == .removed) else { return }
      guard let last = parts.last, last.end == start else {
        parts.append(Part(start: start, end: end, isMatch: isMatch))
        return
      }
      let joins =
        switch behavior {
        case .mergedWithPrevious: isMatch && !last.isMatch
        case .mergedWithNext: last.isMatch && !isMatch
        case .contiguous: isMatch == last.isMatch
        case .isolated, .removed: false
        }
      if joins {
        // The part ends as what came last, except that one match at most is taken from each side.
        parts[parts.count - 1].end = end
        parts[parts.count - 1].isMatch = behavior == .mergedWithNext ? false : isMatch
      } else {
        parts.append(Part(start: start, end: end, isMatch: isMatch))
      }
    }
    return parts
  }
}
