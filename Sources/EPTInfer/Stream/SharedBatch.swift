import EPTModel
import EPTTask

/// Texts of several prompts that pass through the model together.
struct SharedBatch {
  private(set) var texts = TokenBatch()
  /// The prompt of each text.
  private(set) var prompts: [StreamPrompt] = []
  /// The words of each text whose words are answered one by one.
  private(set) var words: [WordText?] = []
  private var recordOfText: [Int] = []
  /// Tokens and prompt rows of all texts.
  private var rows = 0

  /// Runs `body` on batches of at most `rows` rows, or one text, and `texts` texts.
  static func replies(
    to records: [PendingRecord], rows: Int, texts: Int,
    _ body: (SharedBatch) throws -> [Reply?]
  ) rethrows -> [[Reply?]] {
    var replies: [[Reply?]] = records.map { _ in [] }
    var batch = SharedBatch()
    func run() throws {
      guard batch.texts.count > 0 else { return }
      for (record, reply) in zip(batch.recordOfText, try body(batch)) {
        replies[record].append(reply)
      }
      batch = SharedBatch()
    }
    for (index, record) in records.enumerated() {
      for (place, question) in record.questions.enumerated() {
        let added = record.rows(ofQuestion: place)
        if batch.rows + added > rows || batch.texts.count == texts { try run() }
        batch.texts.append(question.tokens)
        batch.words.append(question.words)
        batch.prompts.append(record.prompts.prompts[question.place])
        batch.recordOfText.append(index)
        batch.rows += added
      }
    }
    try run()
    return replies
  }
}
