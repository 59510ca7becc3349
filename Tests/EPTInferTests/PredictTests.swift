import EPTTestSupport
import Foundation
import Testing

@testable import EPTInfer

/// Calls that a program waits for.
struct PredictTests {
  private let fixture: StreamFixture
  private let model: InferenceModel
  private let tasks: [TunedTask]

  init() throws {
    fixture = try StreamFixture()
    model = InferenceModel(fixture.backbone)
    let model = model
    tasks = try [
      fixture.bundle("sst2", seed: 1),
      fixture.bundle("topic", labels: ["food", "film", "travel"], seed: 2),
    ].map { try model.task(path: $0) }
  }

  @Test("One text, several, and the stream give the same")
  func sameAsTheStream() throws {
    let texts = StreamFixture.texts(3000, seed: 3)
    let all = try model.predict(texts, by: tasks)
    #expect(all.count == texts.count)
    let probabilities = try model.probabilities(of: texts.map { [$0] }, by: tasks[1])
    for place in stride(from: 0, to: texts.count, by: 500) {
      let one = try model.predict(texts[place], by: tasks)
      #expect(one.answers.map(\.label) == all[place].answers.map(\.label))
      #expect(one.answers.map(\.task) == ["sst2", "topic"])
      for (mine, theirs) in zip(one.answers[1].probabilities, probabilities[place]) {
        #expect(abs(mine.probability - theirs) < 1e-5)
      }
    }
    let run = try fixture.run(
      texts.joined(separator: "\n") + "\n", prompts: [fixture.folder + "/tasks/topic.eptb"])
    #expect(run.lines == all.map { $0.answers[1].label })
  }

  @Test("A record that cannot be answered is named by its place")
  func badRecord() throws {
    let records: [Record] = ["a film", Record(fields: ["text": "a film"])]
    #expect(
      throws: InferError.badRecord(
        input: "records", line: 2, fault: .noText(field: "sentence", prompt: "sst2"))
    ) {
      try model.predict(records, by: tasks)
    }
  }
}
