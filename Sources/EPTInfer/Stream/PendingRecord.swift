import EPTFormat
import EPTTask
import EPTText

/// A record on its way: read, routed and tokenized, not yet answered.
struct PendingRecord: Sendable {
  /// What a prompt is asked about the record.
  struct Question: Sendable {
    /// The prompt's place in `prompts`.
    let place: Int
    let tokens: TokenizedText
    /// The words of a text that are answered one by one.
    var words: WordText?
  }

  /// The line it comes from, from 1.
  let line: Int
  /// The prompts that were there when it was read.
  let prompts: PromptSet
  /// What the record itself is called.
  var id: JSON?
  /// Fields to hand on.
  var kept: [JSONMember] = []
  var questions: [Question] = []
  /// How many texts were longer than their prompts read.
  var cutTexts = 0
  /// Why it cannot be answered.
  var fault: RecordFault?

  init(line: Int, prompts: PromptSet) {
    self.line = line
    self.prompts = prompts
  }

  /// Asks every prompt that `record` is for.
  ///
  /// - Throws: `RecordFault`; nothing is asked then.
  mutating func ask(_ record: Record) throws {
    var asked: [Question] = []
    for place in try prompts.places(for: record) {
      let prompt = prompts.prompts[place]
      let inputs =
        if prompt.takesWords, let words = try record.words(of: prompt.fields) {
          [prompt.input(words)]
        } else {
          prompt.inputs(try record.texts(for: prompt.fields, prompt: prompt.name))
        }
      for input in inputs {
        asked.append(Question(place: place, tokens: input.tokens, words: input.words))
        if input.isCut { cutTexts += 1 }
      }
    }
    questions = asked
  }

  /// The record as one that cannot be answered, unless it was one already.
  func failing(_ fault: RecordFault) -> PendingRecord {
    var record = self
    record.fault = record.fault ?? fault
    return record
  }

  /// Tokens and prompt rows of all questions: what they cost a model.
  var rows: Int { questions.indices.reduce(0) { $0 + rows(ofQuestion: $1) } }

  /// What a question's rows count where they are the same as the last question's in some blocks: in
  /// these they cost nothing, but each question's last states take memory.
  private static let shareOfSharedRows = 4

  /// Tokens and prompt rows of question `index`, of which some may be counted already.
  func rows(ofQuestion index: Int) -> Int {
    let question = questions[index]
    let rows = prompts.prompts[question.place].rows(of: question.tokens)
    guard index > 0, sharesBlocks(question, questions[index - 1]) else { return rows }
    return (rows + Self.shareOfSharedRows - 1) / Self.shareOfSharedRows
  }

  /// Whether a model reads the texts of two questions alike in some of its blocks.
  private func sharesBlocks(_ one: Question, _ other: Question) -> Bool {
    guard let prompt = prompts.prompts[one.place].prompt,
      let otherPrompt = prompts.prompts[other.place].prompt
    else { return false }
    return prompt.sharesBlocks(with: otherPrompt) && one.tokens == other.tokens
  }
}
