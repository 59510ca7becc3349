/// Where special tokens stand around one text or a pair.
struct Template: Sendable, Equatable {
  /// What an item stands for.
  enum Content: Equatable {
    case first
    case second
    case token(Int32)
  }

  /// One place of the template.
  struct Item: Sendable, Equatable {
    var content: Content
    var tokenTypeID: UInt8
  }

  /// For one text: `first` once, no `second`.
  var single: [Item]
  /// For a pair: both once.
  var pair: [Item]

  /// The texts in their places, `limit` tokens at most.
  ///
  /// A text, or whichever of a pair is longer at the time, loses tokens at its end until all fit
  /// beside the special tokens. If even these are too many, the last ones stay.
  func assemble(_ first: [Int32], _ second: [Int32]?, limit: Int) -> TokenizedText {
    let items = second == nil ? single : pair
    let specials = items.count - (second == nil ? 1 : 2)
    let limit = max(limit, 0)
    let room = max(limit - specials, 0)
    let kept = Self.truncate(first.count, second?.count ?? 0, to: room)
    var result = TokenizedText(ids: [], tokenTypeIDs: [])
    result.ids.reserveCapacity(kept.first + kept.second + items.count)
    for item in items {
      switch item.content {
      case .first: result.ids += first.prefix(kept.first)
      case .second: result.ids += (second ?? []).prefix(kept.second)
      case .token(let id): result.ids.append(id)
      }
      let added = result.ids.count - result.tokenTypeIDs.count
      result.tokenTypeIDs.append(contentsOf: repeatElement(item.tokenTypeID, count: added))
    }
    if result.ids.count > limit {
      let excess = result.ids.count - limit
      result.ids.removeFirst(excess)
      result.tokenTypeIDs.removeFirst(excess)
    }
    return result
  }

  /// How many tokens of each text stay ("longest first").
  ///
  /// The shorter text stays whole if it needs at most half of the room. Else both get half. The
  /// longer one, the second of equals, gets the odd token.
  static func truncate(_ first: Int, _ second: Int, to room: Int) -> (first: Int, second: Int) {
    guard first > room || second > room - first else { return (first, second) }
    let isSwapped = first > second
    var shorter = min(first, second)
    var longer = room - min(shorter, room)
    if longer < shorter {
      shorter = room / 2
      longer = room - shorter
    }
    return isSwapped ? (longer, shorter) : (shorter, longer)
  }

  /// The flat form.
  var values: [UInt32] {
    var result = [UInt32(single.count), UInt32(pair.count)]
    for item in single + pair {
      switch item.content {
      case .first: result += [0, 0]
      case .second: result += [1, 0]
      case .token(let id): result += [2, UInt32(bitPattern: id)]
      }
      result.append(UInt32(item.tokenTypeID))
    }
    return result
  }

  /// Reads the flat form; nil if it is none.
  init?(values: UnsafeBufferPointer<UInt32>, vocabularySize: Int) {
    guard values.count >= 2 else { return nil }
    let counts = (Int(values[0]), Int(values[1]))
    guard values.count == 2 + 3 * (counts.0 + counts.1) else { return nil }
    var items: [Item] = []
    for start in stride(from: 2, to: values.count, by: 3) {
      let content: Content
      switch values[start] {
      case 0: content = .first
      case 1: content = .second
      case 2 where values[start + 1] < UInt32(vocabularySize):
        content = .token(Int32(bitPattern: values[start + 1]))
      default: return nil
      }
      items.append(
        Item(content: content, tokenTypeID: UInt8(truncatingIfNeeded: values[start + 2])))
    }
    self.init(single: Array(items[..<counts.0]), pair: Array(items[counts.0...]))
    guard isUsable else { return nil }
  }

  init(single: [Item], pair: [Item]) {
    self.single = single
    self.pair = pair
  }

  /// Whether each text has exactly one place.
  var isUsable: Bool {
    func count(_ content: Content, _ items: [Item]) -> Int {
      items.count { $0.content == content }
    }
    return count(.first, single) == 1 && count(.second, single) == 0
      && count(.first, pair) == 1 && count(.second, pair) == 1
  }
}
