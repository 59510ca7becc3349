/// How the texts of a batch pass the encoder, so that rows that several tasks share are computed
/// once.
///
/// A task that has neither prompt nor low-rank pair, and whose first projection follows block f,
/// reads a text as the bare backbone does up to the output of f. Tasks on the same text share these
/// rows; then each goes on with a copy of its own.
struct TrunkPlan: Equatable {
  /// Some blocks, and the sequences of rows that pass them.
  struct Stage: Equatable {
    /// The blocks; none in a last stage where only projections follow.
    let blocks: Range<Int>
    /// Whether no stage comes after it.
    let isLast: Bool
    /// A text of the batch that each sequence has the tokens of. `[sequences]`
    var texts: [Int] = []
    /// Whether a sequence is that text's alone, and so has its task's projections. `[sequences]`
    var isOwn: [Bool] = []
    /// Whether a sequence begins here to be that text's alone: the projection after the last block of
    /// the stage before is still to be added. `[sequences]`
    var isFork: [Bool] = []
    /// The sequence of the stage before that each one goes on from; none in the first stage.
    var sources: [Int] = []
  }

  let first: Stage
  let later: [Stage]
  /// The sequence of the last stage that has each text's states. `[texts]`
  let sequenceOfText: [Int]

  /// Plans for texts of which some may be equal; nil where none share any rows.
  ///
  /// - Parameters:
  ///   - batch: The texts.
  ///   - sharedBlocks: How many blocks each text passes as the bare backbone has it. `[texts]`
  ///   - changesStates: Whether the text's task changes the last states. `[texts]`
  ///   - blocks: How many blocks there are.
  init?(_ batch: TokenBatch, sharedBlocks: [Int], changesStates: [Bool], blocks: Int) {
    let contents = Self.contents(batch, sharedBlocks)
    let sharing = contents.indices.filter { contents[$0] != nil }
    guard !sharing.isEmpty else { return nil }
    let forks = Set(sharing.filter { changesStates[$0] }.map { sharedBlocks[$0] }).sorted()
    var sequenceOfText: [Int] = []
    func stage(_ range: Range<Int>, isLast: Bool) -> Stage {
      var stage = Stage(blocks: range, isLast: isLast)
      var sequenceOfContent: [Int: Int] = [:]
      let before = sequenceOfText
      sequenceOfText = contents.indices.map { text in
        let isForked = changesStates[text] && sharedBlocks[text] <= range.lowerBound
        let shared = isForked ? nil : contents[text]
        if let shared, let sequence = sequenceOfContent[shared] { return sequence }
        if let shared { sequenceOfContent[shared] = stage.texts.count }
        stage.texts.append(text)
        stage.isOwn.append(shared == nil)
        stage.isFork.append(
          contents[text] != nil && isForked && sharedBlocks[text] == range.lowerBound)
        if !before.isEmpty { stage.sources.append(before[text]) }
        return stage.texts.count - 1
      }
      return stage
    }
    let ends = forks + [blocks]
    first = stage(0..<ends[0], isLast: forks.isEmpty)
    later = forks.indices.map { index in
      stage(forks[index]..<ends[index + 1], isLast: index == forks.count - 1)
    }
    self.sequenceOfText = sequenceOfText
  }

  /// The first text with the same tokens as each one; nil for texts that share no rows.
  private static func contents(_ batch: TokenBatch, _ sharedBlocks: [Int]) -> [Int?] {
    struct Content: Hashable {
      let ids: ArraySlice<Int32>
      let tokenTypeIDs: ArraySlice<UInt8>
    }
    var firsts: [Content: Int] = [:]
    var isShared = [Bool](repeating: false, count: batch.count)
    let contents = (0..<batch.count).map { text -> Int? in
      guard sharedBlocks[text] > 0 else { return nil }
      let range = batch.range(text)
      let content = Content(ids: batch.ids[range], tokenTypeIDs: batch.tokenTypeIDs[range])
      guard let first = firsts[content] else {
        firsts[content] = text
        return text
      }
      isShared[first] = true
      return first
    }
    return contents.map { $0.flatMap { isShared[$0] ? $0 : nil } }
  }
}
