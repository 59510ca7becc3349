import EPTSystem

/// How many entities are there, are answered, and are answered rightly: with the same type and the
/// same words.
public struct EntityCounts: Sendable, Equatable {
  public private(set) var right = 0
  public private(set) var answered = 0
  public private(set) var there = 0

  public init() {}

  /// Compares the entities of one text.
  public init(_ answers: [Entity], _ truths: [Entity]) {
    right = Set(answers).intersection(truths).count
    (answered, there) = (answers.count, truths.count)
  }

  public static func += (sum: inout EntityCounts, one: EntityCounts) {
    sum.right += one.right
    sum.answered += one.answered
    sum.there += one.there
  }

  /// The share of the answered entities that are right; 0 without any.
  public var precision: Double { answered > 0 ? Double(right) / Double(answered) : 0 }

  /// The share of the entities that are found; 0 without any.
  public var recall: Double { there > 0 ? Double(right) / Double(there) : 0 }

  /// The harmonic mean of both, as seqeval's `f1_score` has it.
  public var f1: Double {
    let all = answered + there
    return all > 0 ? 2 * Double(right) / Double(all) : 0
  }
}
