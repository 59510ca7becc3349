/// The pieces of a model and the tokens that were added to them, with their ids.
struct Vocabulary {
  /// The text of each id, the model's and the added ones; empty where there is none.
  private(set) var pieces: [[UInt8]]
  private(set) var addedTokens: [AddedToken] = []
  /// Ids that only added tokens have.
  private(set) var addedIDs: Set<Int> = []
  private let source: String
  /// How many pieces the model has; ids may leave gaps.
  private let modelSize: Int
  private var ids: [[UInt8]: Int]
  /// Where each added token stands in `addedTokens`.
  private var places: [[UInt8]: Int] = [:]
  private var greatestAddedID = -1

  /// A vocabulary of the model's pieces; of equal ones the last counts.
  init(pieces: [[UInt8]], source: String) {
    self.pieces = pieces
    self.source = source
    ids = [:]
    for (id, piece) in pieces.enumerated() where !piece.isEmpty { ids[piece] = id }
    modelSize = ids.count
  }

  /// A vocabulary by its list, in which equal pieces count.
  init(list pieces: [[UInt8]], source: String) {
    self.pieces = pieces
    self.source = source
    ids = [:]
    for (id, piece) in pieces.enumerated() where !piece.isEmpty { ids[piece] = id }
    modelSize = pieces.count
  }

  /// The id of a text, among the model's pieces and the added tokens.
  func id(_ text: [UInt8]) -> Int? { ids[text] }

  /// Adds a token as the reference does.
  ///
  /// A token that is a piece keeps its id. Another one gets the next free id. If the token exists
  /// already, the new settings replace the old ones.
  ///
  /// - Parameters:
  ///   - token: The token; its id counts for nothing.
  ///   - stated: The id that the definition gives it.
  /// - Throws: `TextError.invalid` if that is another one than it gets.
  mutating func add(_ token: AddedToken, stated: Int?) throws {
    guard !token.text.isEmpty else { return }
    let id = ids[token.text] ?? nextID
    if let stated, stated != id {
      throw TextError.invalid(
        source: source,
        reason:
          "the added token `\(String(decoding: token.text, as: UTF8.self))` is said to have the "
          + "id \(stated), but it gets \(id)")
    }
    if id >= pieces.count { pieces += repeatElement([], count: id + 1 - pieces.count) }
    if ids[token.text] == nil {
      guard pieces[id].isEmpty else {
        throw TextError.invalid(
          source: source,
          reason: "the added token `\(String(decoding: token.text, as: UTF8.self))` gets the id of "
            + "another piece, \(id); the ids of its vocabulary leave gaps")
      }
      pieces[id] = token.text
      ids[token.text] = id
      addedIDs.insert(id)
    }
    var token = token
    token.id = id
    greatestAddedID = max(greatestAddedID, id)
    if let place = places[token.text] {
      addedTokens[place] = token
    } else {
      places[token.text] = addedTokens.count
      addedTokens.append(token)
    }
  }

  /// Whether the text is an added token.
  func isAdded(_ text: [UInt8]) -> Bool {
    places[text] != nil
  }

  private var nextID: Int { max(greatestAddedID + 1, modelSize) }
}
