import EPTCompute
import EPTTask

/// A text whose words have tags.
struct TaggedText: Sendable, Equatable {
  let text: WordText
  /// The tag of each word; `O` for words that were not read. `[words]`
  let tags: [String]
  /// What is named in the text, in order.
  let spans: [Span]

  /// The tags of `task` that `scores` give, one number a tag for each word that was read, word by word; nil
  /// where they are not finite.
  init?(_ text: WordText, scores: [Float], of task: TaskDefinition) {
    let names = task.labels.map(\.word)
    guard scores.allSatisfy(\.isFinite), !names.isEmpty else { return nil }
    var tags: [String] = []
    var probabilities: [Float] = []
    let words = Matrix(
      rows: scores.count / names.count, columns: names.count, values: scores)  // [words, tags]
    for (word, tag) in task.tags(of: words).prefix(text.words.count).enumerated() {
      let start = word * names.count
      guard let answer = Answer(scores: scores[start..<start + names.count]) else { break }
      tags.append(names[tag])
      probabilities.append(answer.probabilities[tag])
    }
    // Words that were not read are outside of entities.
    let unread = text.words.count - tags.count
    tags += [String](repeating: Tag.outside, count: unread)
    self.text = text
    self.tags = tags
    spans = Entity.all(in: tags.compactMap { Tag($0) }).map { entity in
      let sum = probabilities[entity.words].reduce(0, +)
      return Span(
        start: text.places[entity.words.lowerBound].lowerBound,
        end: text.places[entity.words.upperBound - 1].upperBound, label: entity.type.text,
        text: text.text(of: entity.words), probability: sum / Float(entity.words.count))
    }
  }

  /// `Ada/B-PER lives/O in/O London/B-LOC`.
  var sequence: String {
    zip(text.words, tags).map { "\($0)/\($1)" }.joined(separator: " ")
  }
}

/// A part of a text that is one thing.
public struct Span: Sendable, Equatable {
  /// Where it starts and ends in the text, in Unicode scalars; the end is behind its last one.
  public let start: Int
  public let end: Int
  /// What it is, such as `PER`.
  public let label: String
  public let text: String
  /// The mean over its words of their tag's probability.
  public let probability: Float
}
