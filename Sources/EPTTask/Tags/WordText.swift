/// A text and its words, of which each has a tag.
public struct WordText: Sendable, Equatable {
  /// The words, in order.
  public let words: [String]
  /// Where each word lies in the text, in Unicode scalars. `[words]`
  public let places: [Range<Int>]
  public let text: String

  /// What lists of words are called, the most usual name first.
  public static let usualNames = ["tokens", "words"]

  /// Words with a blank between each two: the text that offsets count in.
  public init(words: [String]) {
    self.words = words
    text = words.joined(separator: " ")
    var next = 0
    places = words.map { word in
      let start = next
      let end = start + word.unicodeScalars.count
      next = end + 1
      return start..<end
    }
  }

  /// Cuts `text` into words.
  ///
  /// White space ends a word. A mark of punctuation and a symbol is a word of its own, and so is each
  /// ideograph, unless a mark joins two parts of one word: an apostrophe, hyphen, full stop, underscore,
  /// ampersand or at sign between letters or digits, a comma or colon between digits. Characters that
  /// people see as one, such as a letter with its accents or an emoji of several scalars, are not cut.
  public init(_ text: String) {
    self.text = text
    var words: [String] = []
    var places: [Range<Int>] = []
    /// The word that is open: where it begins, and that in scalars.
    var open: (first: String.Index, start: Int)?
    func close(before end: String.Index, at place: Int) {
      guard let word = open else { return }
      words.append(String(text[word.first..<end]))
      places.append(word.start..<place)
      open = nil
    }
    var (index, place) = (text.startIndex, 0)
    var (before, kind) = (Kind.blank, Kind(text.first))
    while index < text.endIndex {
      let next = text.index(after: index)
      let end = place + text.unicodeScalars[index..<next].count
      let after = Kind(next < text.endIndex ? text[next] : nil)
      if kind.isPart || (open != nil && kind.joins(before, after)) {
        open = open ?? (index, place)
      } else {
        close(before: index, at: place)
        if kind != .blank {
          words.append(String(text[index..<next]))
          places.append(place..<end)
        }
      }
      (before, kind) = (kind, after)
      (index, place) = (next, end)
    }
    close(before: text.endIndex, at: place)
    (self.words, self.places) = (words, places)
  }

  /// The part of the text from the first to the last of `words`.
  public func text(of words: Range<Int>) -> String {
    guard let first = words.first, let last = words.last else { return "" }
    let scalars = text.unicodeScalars
    let start = scalars.index(scalars.startIndex, offsetBy: places[first].lowerBound)
    let length = places[last].upperBound - places[first].lowerBound
    return String(scalars[start..<scalars.index(start, offsetBy: length)])
  }

  /// What a character is to words.
  private enum Kind: Equatable {
    case blank
    /// Of a number.
    case digit
    /// Of a word.
    case letter
    /// A mark that joins letters and digits.
    case joiner
    /// A mark that joins digits.
    case digitJoiner
    /// A word of its own.
    case alone

    /// Looks at the first scalar, to which others belong; beyond a text's ends all is blank.
    init(_ character: Character?) {
      guard let first = character?.unicodeScalars.first else {
        self = .blank
        return
      }
      let properties = first.properties
      if properties.isWhitespace {
        self = .blank
        return
      }
      if properties.isIdeographic {
        self = .alone
        return
      }
      switch properties.generalCategory {
      case .decimalNumber, .letterNumber, .otherNumber: self = .digit
      case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
        .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol,
        .modifierSymbol, .otherSymbol:
        switch first {
        case "'", "\u{2019}", "-", "\u{2010}", "\u{2011}", ".", "_", "&", "@": self = .joiner
        case ",", ":": self = .digitJoiner
        default: self = .alone
        }
      default: self = .letter
      }
    }

    /// Whether it is part of a word wherever it stands.
    var isPart: Bool { self == .letter || self == .digit }

    /// Whether it makes one word of what stands before and behind it.
    func joins(_ before: Kind, _ after: Kind) -> Bool {
      switch self {
      case .joiner: before.isPart && after.isPart
      case .digitJoiner: before == .digit && after == .digit
      case .blank, .digit, .letter, .alone: false
      }
    }
  }
}
