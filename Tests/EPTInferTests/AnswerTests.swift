import EPTFormat
import Foundation
import Testing

@testable import EPTInfer

struct AnswerTests {
  @Test("Probabilities are the softmax of the scores")
  func softmax() throws {
    let answer = try #require(Answer(scores: [0, Float(log(3.0)), 0]))
    #expect(answer.label == 1)
    for (probability, expected) in zip(answer.probabilities, [0.2, 0.6, 0.2] as [Float]) {
      #expect(abs(probability - expected) < 1e-6)
    }
  }

  @Test("Large scores neither overflow nor lose the order")
  func largeScores() throws {
    let answer = try #require(Answer(scores: [-1e4, 1e4]))
    #expect(answer.label == 1)
    #expect(answer.probabilities == [0, 1])
  }

  @Test("The first of equal scores wins")
  func ties() throws {
    #expect(try #require(Answer(scores: [2, 2, 1])).label == 0)
  }

  @Test("A temperature changes probabilities and no label, whatever is lost in rounding")
  func temperature() throws {
    let rule = DecisionRule()
    let answer = try #require(
      Answer(scores: [0, 2 * Float(log(3.0)), 0], temperature: 2, rule: rule))
    for (probability, expected) in zip(answer.probabilities, [0.2, 0.6, 0.2] as [Float]) {
      #expect(abs(probability - expected) < 1e-6)
    }
    // The next number after 1: divided by 10, their exponentials are the same.
    for temperature: Float in [0.1, 1, 10, 1000] {
      let near = try #require(
        Answer(scores: [1, Float(1).nextUp, 1], temperature: temperature, rule: rule))
      #expect(near.label == 1)
    }
    // Thresholds are of what is told.
    let strict = try DecisionRule([], least: 0.7, labels: ["a", "b"], prompt: "p")
    #expect(try #require(Answer(scores: [2, 0], rule: strict)).isRejected == false)
    #expect(try #require(Answer(scores: [2, 0], temperature: 4, rule: strict)).isRejected)
  }

  @Test("Scores that are no numbers give no answer")
  func notANumber() {
    #expect(Answer(scores: [0, Float.nan]) == nil)
    #expect(Answer(scores: [Float]()) == nil)
  }

  @Test("A probability is written with six decimals")
  func decimals() {
    #expect(WrittenProbability.decimal(0.75) == "0.750000")
    #expect(WrittenProbability.decimal(1) == "1.000000")
    #expect(WrittenProbability.decimal(1e-8) == "0.000000")
    #expect(WrittenProbability.decimal(0.9999999) == "1.000000")
  }

  @Test(
    "A label with a threshold is the answer exactly where it is reached",
    arguments: [
      ([("b", 0.3)], [0.6, 0.4, 0.0], 1), ([("b", 0.3)], [0.75, 0.25, 0.0], 0),
      ([("a", 0.9)], [0.8, 0.05, 0.15], 2), ([("a", 0.8)], [0.8, 0.05, 0.15], 0),
      ([("a", 0.1), ("b", 0.1)], [0.2, 0.3, 0.5], 1),
      ([("a", 0.5), ("b", 0.5)], [0.45, 0.45, 0.1], 2),
      ([("b", 0.5), ("b", 0.1)], [0.8, 0.2, 0], 1),
    ] as [([(String, Float)], [Float], Int)])
  func thresholds(bounds: [(String, Float)], probabilities: [Float], expected: Int) throws {
    let rule = try DecisionRule(
      bounds.map { Threshold(label: $0.0, probability: $0.1) }, labels: ["a", "b", "c"],
      prompt: "p")
    #expect(rule.label(for: probabilities) == (expected, false))
  }

  @Test(
    "Below the least probability no label is the answer",
    arguments: [
      ([], [0.6, 0.4], 0, false), ([], [0.55, 0.45], 0, true),
      ([("b", 0.4)], [0.59, 0.41], 1, false), ([("b", 0.5)], [0.59, 0.41], 0, true),
      ([("a", 0.9), ("b", 0.9)], [0.4, 0.6], 1, true),
    ] as [([(String, Float)], [Float], Int, Bool)])
  func rejection(
    bounds: [(String, Float)], probabilities: [Float], expected: Int, isRejected: Bool
  ) throws {
    let rule = try DecisionRule(
      bounds.map { Threshold(label: $0.0, probability: $0.1) }, least: 0.6, labels: ["a", "b"],
      prompt: "p")
    #expect(rule.label(for: probabilities) == (expected, isRejected))
  }

  @Test("One label must be without a threshold")
  func everyLabel() {
    #expect(throws: InferError.self) {
      try DecisionRule(
        ["a", "b"].map { Threshold(label: $0, probability: 0.5) }, labels: ["a", "b"], prompt: "p")
    }
  }

  @Test("A ranking begins with the answer")
  func ranking() throws {
    let rule = try DecisionRule(
      [Threshold(label: "b", probability: 0.1)], labels: ["a", "b", "c", "d"], prompt: "p")
    let scores = ([0.4, 0.2, 0.1, 0.3] as [Float]).map { Float(log(Double($0))) }
    #expect(try #require(Answer(scores: scores, rule: rule)).ranking == [1, 0, 3, 2])
    #expect(try #require(Answer(scores: scores)).ranking == [0, 3, 1, 2])
  }
}
