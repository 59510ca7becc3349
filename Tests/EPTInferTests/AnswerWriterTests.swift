import EPTFormat
import Foundation
import Testing

@testable import EPTInfer

struct AnswerWriterTests {
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

  @Test("Scores that are no numbers give no answer")
  func notANumber() {
    #expect(Answer(scores: [0, Float.nan]) == nil)
    #expect(Answer(scores: [Float]()) == nil)
  }

  @Test(
    "Each format has one line an answer",
    arguments: [
      (AnswerFormat.text, "no\n\"yes\"\n"),
      (.tsv, "no\t0.750000\n\"yes\"\t1.000000\n"),
      (
        .jsonl,
        #"{"label":"no","probability":0.75,"probabilities":{"no":0.75,"\"yes\"":0.25}}"# + "\n"
          + #"{"label":"\"yes\"","probability":1.0,"probabilities":{"no":0.0,"\"yes\"":1.0}}"#
          + "\n"
      ),
    ])
  func formats(format: AnswerFormat, expected: String) throws {
    let pipe = Pipe()
    let writer = AnswerWriter(
      descriptor: pipe.fileHandleForWriting.fileDescriptor, format: format,
      labels: ["no", "\"yes\""])
    let answers = [
      try #require(Answer(scores: [Float(log(3.0)), 0])),
      try #require(Answer(scores: [-100, 100])),
    ]
    try writer.write(answers)
    try pipe.fileHandleForWriting.close()
    let data = try #require(try pipe.fileHandleForReading.readToEnd())
    #expect(String(decoding: data, as: UTF8.self) == expected)
  }
}
