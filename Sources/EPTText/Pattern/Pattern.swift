/// A regular expression as an automaton, which finds the match that a backtracking matcher would.
///
/// A transition is the number of the next state, 0 if there is none, and `matchFlag` if the text
/// before the scalar that it takes is a match. The last such text is the one that counts.
struct Pattern: @unchecked Sendable {
  static let matchFlag: UInt16 = 0x8000
  /// The state to begin with.
  private static let start = 1

  private let classes: ScalarTable<UInt8>
  private let transitions: UnsafePointer<UInt16>
  /// The class that stands for the end of the text, the last one.
  private let end: Int

  /// Checks that every class and every state is inside `transitions`.
  init?(
    classes: ScalarTable<UInt8>, greatestClass: UInt8, classCount: Int,
    transitions: UnsafeBufferPointer<UInt16>
  ) {
    let width = classCount + 1
    guard let base = transitions.baseAddress, classCount > 0, Int(greatestClass) < classCount,
      transitions.count % width == 0
    else { return nil }
    let states = transitions.count / width
    guard states > Self.start, transitions.allSatisfy({ Int($0 & ~Self.matchFlag) < states })
    else { return nil }
    self.classes = classes
    self.transitions = base
    end = classCount
  }

  /// The end of the match that begins at `start`; `start` itself if there is none.
  @inline(__always)
  func match(_ bytes: UnsafePointer<UInt8>, from start: Int, to limit: Int) -> Int {
    var state = Self.start
    var result = start
    var position = start
    while true {
      var column = end
      var length = 0
      if position < limit {
        let byte = bytes[position]
        if byte < 0x80 {
          column = Int(classes[ascii: byte])
          length = 1
        } else {
          let scalar = UTF8Scalar(bytes, at: position, end: limit)
          column = Int(classes[scalar.value])
          length = scalar.length
        }
      }
      let transition = transitions[state * (end + 1) + column]
      if transition & Self.matchFlag != 0 { result = position }
      state = Int(transition & ~Self.matchFlag)
      guard state != 0, length > 0 else { return result }
      position += length
    }
  }
}
