import EPTCompute
import EPTModel
import EPTSystem

/// A tag a word.
struct TagAnswers: JudgedAnswers {
  /// Tags of the task, then those that it does not know.
  private let tags: [Tag]
  private let texts: [[String]]
  private let answers: [[Entity]]
  private let truths: [[Entity]]
  private let counts: [EntityCounts]
  /// The mean over rows of the mean cross-entropy of their words, of those that were read.
  let loss: Double
  /// How many different tags were answered.
  let distinct: Int

  /// - Parameters:
  ///   - scores: One matrix a row, with one row a word that was read and one column a tag.
  ///   - examples: The rows, in the same order.
  ///   - task: Their task.
  ///   - unknown: The tags beyond the task's own.
  init(
    _ scores: [Matrix], _ examples: [Example], _ task: TaskDefinition, unknown: [String] = []
  ) {
    let tags = (task.labels.map(\.word) + unknown).compactMap { Tag($0) }
    self.tags = tags
    texts = examples.map(\.values)
    truths = examples.map { example in Entity.all(in: example.labels.map { tags[$0] }) }
    var found: Set<Int> = []
    var loss = 0.0
    answers = zip(scores, examples).map { scores, example in
      // Words that were not read are outside of entities.
      var answers = task.tags(of: scores).prefix(example.labels.count)
      loss += Self.loss(scores, example.labels)
      found.formUnion(answers)
      answers += [Int](repeating: 0, count: example.labels.count - answers.count)
      return Entity.all(in: answers.map { tags[$0] })
    }
    self.loss = loss / Double(max(1, examples.count))
    distinct = found.count
    counts = zip(answers, truths).map { EntityCounts($0, $1) }
  }

  /// The mean cross-entropy of the words whose tag the task knows.
  private static func loss(_ scores: Matrix, _ labels: [Int]) -> Double {
    var (loss, known) = (0.0, 0)
    for (outputs, label) in zip(scores.eachRow, labels) where outputs.indices.contains(label) {
      var outputs = outputs
      loss += HeadKind.classes.loss(&outputs, .label(label), share: 1)
      known += 1
    }
    return loss / Double(max(1, known))
  }

  /// The figures of each type, in the order of their bytes.
  var classes: [EvaluationDetail.ClassFigures] {
    func byType(_ entities: [[Entity]]) -> [[ByteName: [Entity]]] {
      entities.map { Dictionary(grouping: $0, by: \.type) }
    }
    let (answered, there) = (byType(answers), byType(truths))
    return Set(tags.compactMap(\.type)).sorted().map { type in
      var sum = EntityCounts()
      for (answers, truths) in zip(answered, there) {
        sum += EntityCounts(answers[type] ?? [], truths[type] ?? [])
      }
      return EvaluationDetail.ClassFigures(
        label: type.text, precision: sum.precision, recall: sum.recall, f1: sum.f1,
        support: sum.there)
    }
  }

  /// The rows with an entity too many or too few, those first that have most of them.
  var mistakes: [EvaluationDetail.Mistake] {
    let wrong = answers.indices.filter { answers[$0] != truths[$0] }
    func size(_ row: Int) -> Int { Set(answers[row]).symmetricDifference(truths[row]).count }
    return wrong.map { (row: $0, size: size($0)) }
      .sorted { (-$0.size, $0.row) < (-$1.size, $1.row) }.map { row, _ in
        EvaluationDetail.Mistake(
          texts: [texts[row].joined(separator: " ")], truth: shown(truths[row], row),
          answer: shown(answers[row], row), probability: nil, truthProbability: nil)
      }
  }

  /// `PER: Ada Lovelace; LOC: London`.
  private func shown(_ entities: [Entity], _ row: Int) -> String {
    entities.map { entity in
      "\(entity.type.text): \(texts[row][entity.words].joined(separator: " "))"
    }.joined(separator: "; ")
  }

  func score(of rows: [Int]) -> MetricScore {
    Self.score(rows.map { counts[$0] })
  }

  /// F1 over the entities of all rows, as seqeval's `f1_score`.
  private static func score(_ counts: [EntityCounts]) -> MetricScore {
    var sum = EntityCounts()
    for one in counts { sum += one }
    return MetricScore([.init("entity F1", sum.f1)])
  }

  /// Scores sequences of tags, by their places in `labels`.
  static func score(
    _ answers: [[Int]], _ truths: [[Int]], _ labels: [TaskDefinition.Label]
  ) -> MetricScore {
    let tags = labels.compactMap { Tag($0.word) }
    // A tag that the task does not know is no entity that an answer could be.
    func entities(_ row: [Int]) -> [Entity] {
      Entity.all(in: row.compactMap { tags.indices.contains($0) ? tags[$0] : tags.first })
    }
    return score(zip(answers, truths).map { EntityCounts(entities($0), entities($1)) })
  }

  /// The tag that most words have; of equally frequent ones the first.
  static func mostFrequent(_ examples: [Example], tags: Int) -> Int {
    var counts = [Int](repeating: 0, count: max(1, tags))
    for tag in examples.lazy.flatMap(\.labels) where counts.indices.contains(tag) {
      counts[tag] += 1
    }
    return counts.indices.max { (counts[$0], -$0) < (counts[$1], -$1) } ?? 0
  }
}
