import EPTTask
import Foundation
import Testing

@testable import EPTInfer

/// The library as a program uses it.
struct PredictionsTests {
  private let fixture: StreamFixture
  private let model: InferenceModel
  private let tasks: [TunedTask]

  init() throws {
    fixture = try StreamFixture()
    let paths = [
      try fixture.bundle("sst2", seed: 1),
      try fixture.bundle("topic", labels: ["food", "film", "travel"], seed: 2),
    ]
    model = try InferenceModel(path: fixture.folder + "/model.ept", threads: 2)
    let model = model
    tasks = try paths.map { try model.task(path: $0) }
  }

  /// A source that hands out its elements one by one.
  private func stream<Element: Sendable>(_ elements: [Element]) -> AsyncStream<Element> {
    AsyncStream { continuation in
      for element in elements { continuation.yield(element) }
      continuation.finish()
    }
  }

  @Test(
    "Predictions come in order, one a text, as the predictor gives them", arguments: [1, 7, 256])
  func order(batch: Int) async throws {
    #expect(tasks[1].labels == ["food", "film", "travel"] && tasks[0].fields == ["sentence"])
    let texts = StreamFixture.texts(100, seed: 3)
    var count = 0
    let predictor = try fixture.predictor(fixture.folder + "/tasks/topic.eptb")
    for try await prediction in model.predictions(for: stream(texts), by: tasks, batch: batch) {
      #expect(prediction.answers.map(\.task) == ["sst2", "topic"])
      let expected = try #require(
        Answer(scores: try predictor.scores([[texts[count]]]).values))
      let answer = prediction.answers[1]
      #expect(answer.label == tasks[1].labels[expected.label])
      #expect(answer.probabilities.map(\.label) == tasks[1].labels)
      for (mine, theirs) in zip(answer.probabilities, expected.probabilities) {
        #expect(abs(mine.probability - theirs) < 1e-5)
      }
      count += 1
    }
    #expect(count == texts.count)
  }

  @Test("Records choose their task; a bad one ends the sequence after those before it")
  func records() async throws {
    let records = [
      Record(fields: ["sentence": "a film"], task: "topic"), Record(fields: ["sentence": "a film"]),
      Record(fields: ["text": "a film"]), Record("a film"),
    ]
    var answers: [[String]] = []
    do {
      for try await prediction in model.predictions(for: stream(records), by: tasks) {
        answers.append(prediction.answers.map(\.task))
      }
      Issue.record("no error")
    } catch let error as InferError {
      #expect(error.badRecord?.line == 3)
    }
    #expect(answers == [["topic"], ["sst2", "topic"]])
  }

  @Test("A source is asked for no more than two batches in advance, and let go in the end")
  func backPressure() async throws {
    let asked = Counter()
    let source = AsyncStream<String> {
      asked.increase()
      return "a film"
    }
    for try await _ in model.predictions(for: source, by: tasks, batch: 4) {
      try await Task.sleep(for: .milliseconds(50))
      break
    }
    // One batch that is computed, two that wait, and one record that waits for room.
    #expect(asked.count <= 13)
  }

  @Test("A typed text is answered before the next one comes")
  func pause() async throws {
    let (source, continuation) = AsyncStream.makeStream(of: String.self)
    continuation.yield("a film")
    var predictions = model.predictions(for: source, by: tasks).makeAsyncIterator()
    #expect(try await predictions.next() != nil)
    continuation.yield("a meal")
    #expect(try await predictions.next() != nil)
    continuation.finish()
    #expect(try await predictions.next() == nil)
  }

  @Test("Cancelling ends the wait")
  func cancel() async throws {
    let (source, continuation) = AsyncStream.makeStream(of: String.self)
    let predictions = model.predictions(for: source, by: tasks)
    let task = Task {
      for try await _ in predictions {}
    }
    try await Task.sleep(for: .milliseconds(20))
    task.cancel()
    _ = await task.result
    continuation.finish()
  }
}

/// A number that several threads count up.
private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var value = 0

  var count: Int { lock.withLock { value } }

  func increase() { lock.withLock { value += 1 } }
}
