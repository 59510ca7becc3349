import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@testable import EPTServe

/// How texts of many requests share batches, and what happens when there are too many.
struct BatchingTests {
  private func ask(_ api: API, _ inputs: JSON) async -> Reply {
    await api.reply(
      to: .classify(task: nil), body: Array((["inputs": inputs] as JSON).serialized().utf8))
  }

  /// The number in the line of the metric `name`.
  private func metric(_ api: API, _ name: String) -> Double? {
    api.metrics.text(waiting: api.engine.waiting).split(separator: "\n")
      .first { $0.hasPrefix(name + " ") }.flatMap { Double($0.split(separator: " ")[1]) }
  }

  @Test("Texts that wait together are answered together, each as if it were alone")
  func shared() async throws {
    let api = try ServeFixture.api(starts: false)
    let alone = try ServeFixture.api()
    let requests = (0..<20).map { index -> JSON in
      index % 2 == 0
        ? .string(ServeFixture.texts[index % 5])
        : .array(ServeFixture.texts.prefix(1 + index % 5).map { .string($0) })
    }
    let count = requests.reduce(0) { $0 + ($1.array?.count ?? 1) }
    try await withThrowingTaskGroup(of: (Int, Reply).self) { group in
      for (index, inputs) in requests.enumerated() {
        group.addTask { (index, await ask(api, inputs)) }
      }
      while api.engine.waiting < count { try await Task.sleep(for: .milliseconds(5)) }
      try api.engine.start()
      for try await (index, reply) in group {
        let expected = try JSON(parsing: await ask(alone, requests[index]).body)
        let answer = try JSON(parsing: reply.body)
        for (one, other) in zip(numbers(answer), numbers(expected)) {
          #expect(abs(one - other) < 1e-5)
        }
        #expect(numbers(answer).count == numbers(expected).count)
      }
    }
    #expect(metric(api, "eptc_batch_texts_sum") == Double(count))
    #expect(metric(api, "eptc_batch_texts_count") ?? 99 <= 2)
    api.engine.stop()
    alone.engine.stop()
  }

  private func numbers(_ value: JSON) -> [Double] {
    switch value {
    case .array(let values): values.flatMap(numbers)
    case .object(let members): members.flatMap { numbers($0.value) }
    default: value.number.map { [$0] } ?? []
    }
  }

  @Test("A request beyond the queue's room is refused at once, and later ones are not")
  func overload() async throws {
    var settings = ServeSettings()
    settings.queue = 3
    let api = try ServeFixture.api(settings, starts: false)
    async let first = ask(api, ["a", "b"])
    while api.engine.waiting < 2 { try await Task.sleep(for: .milliseconds(5)) }
    let refused = await ask(api, ["c", "d"])
    #expect(refused.status == 429 && refused.fields["retry-after"] == "1")
    async let last = ask(api, "c")
    while api.engine.waiting < 3 { try await Task.sleep(for: .milliseconds(5)) }
    try api.engine.start()
    #expect(await first.status == 200)
    #expect(await last.status == 200)
    api.engine.stop()
  }

  @Test("A model's file that is written over ends all answers, and the health")
  func changedModel() async throws {
    let folder = ServeFixture.folder
    try await withCopy(of: folder) { copy in
      let api = try ServeFixture.api(model: copy + "/model.ept")
      #expect(await ask(api, "a").status == 200)
      // Numbers of a file that was written over are not to be trusted.
      let file = try #require(FileHandle(forWritingAtPath: copy + "/model.ept"))
      try file.seekToEnd()
      try file.write(contentsOf: Data([0]))
      try file.close()
      #expect(await ask(api, "a").status == 503)
      #expect(await api.reply(to: .health, body: []).status == 503)
      api.engine.stop()
    }
  }

  private func withCopy(of folder: String, _ body: (String) async throws -> Void) async throws {
    let copy = FileManager.default.temporaryDirectory
      .appendingPathComponent("eptc-serve-copy-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    try FileManager.default.copyItem(
      atPath: folder + "/model.ept", toPath: copy + "/model.ept")
    try await body(copy)
  }
}
