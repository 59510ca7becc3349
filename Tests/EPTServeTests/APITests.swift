import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@testable import EPTServe

/// What requests are answered with, without a network.
struct APITests {
  private let api: API

  init() throws {
    api = try ServeFixture.api()
  }

  private func ask(_ route: Route, _ body: JSON) async -> Reply {
    await api.reply(to: route, body: Array(body.serialized().utf8))
  }

  private func json(_ route: Route, _ body: JSON) async throws -> JSON {
    let reply = await ask(route, body)
    #expect(reply.status == 200, "\(reply.body)")
    return try JSON(parsing: reply.body)
  }

  /// A list of labels with scores by label.
  private func scores(_ list: JSON?) -> [String: Double] {
    Dictionary(
      (list?.array ?? []).map { ($0["label"]?.string ?? "", $0["score"]?.number ?? -1) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The answers of `eptc infer` by label.
  private func inferred() throws -> [[String: Double]] {
    let texts = ServeFixture.texts.map { JSON.object([JSONMember("sentence", .string($0))]) }
    let output = try ServeFixture.tool(
      ["infer", "tasks/sst2.eptb", "--input-format", "jsonl", "--format", "jsonl", "--quiet"],
      in: ServeFixture.folder, input: texts.map { $0.serialized() + "\n" }.joined())
    return try output.split(separator: "\n").map { line in
      let members = try JSON(parsing: String(line))["probabilities"]?.object ?? []
      return Dictionary(members.map { ($0.key, $0.value.number ?? -1) }) { first, _ in first }
    }
  }

  @Test("Every route gives the probabilities of infer, with every label, summing to 1")
  func sameAsInfer() async throws {
    let expected = try inferred()
    let texts = JSON.array(ServeFixture.texts.map { .string($0) })
    func check(_ answers: [[String: Double]]) {
      #expect(answers.count == expected.count)
      for (answer, expected) in zip(answers, expected) {
        #expect(answer.keys.sorted() == expected.keys.sorted() && answer.count == 2)
        #expect(abs(answer.values.reduce(0, +) - 1) < 1e-6)
        for (label, score) in answer { #expect(abs(score - (expected[label] ?? -1)) < 1e-5) }
      }
    }
    for route in [Route.classify(task: nil), .classify(task: "sst2"), .predict(task: nil)] {
      let lists = try await json(route, ["inputs": texts]).array ?? []
      check(lists.map { scores($0) })
    }
    let single = try await json(.classify(task: "sst2"), ["inputs": texts.array?[0] ?? .null])
    #expect(scores(single).count == 2)
    let labels = try #require(try await json(.info, [:])["tasks"]?.array?[0]["labels"]?.array)
    let response = try await json(.classify(task: nil), ["model": "sst2", "input": texts])
    let data = try #require(response["data"]?.array)
    check(
      data.map { entry in
        Dictionary(
          uniqueKeysWithValues: zip(labels, entry["probs"]?.array ?? []).map {
            ($0.string ?? "", $1.number ?? -1)
          })
      })
    #expect(response["model"] == "sst2" && (response["usage"]?["total_tokens"]?.integer ?? 0) > 9)
  }

  @Test("Vectors are those of embed, after a task's prompt where one is named")
  func vectors() async throws {
    let texts = ["a film", "the cold meal"]
    let input = JSON.array(texts.map { .string($0) })
    func embedded(_ arguments: [String]) throws -> [[Float]] {
      try ServeFixture.tool(
        ["embed", "--quiet"] + arguments, in: ServeFixture.folder,
        input: texts.joined(separator: "\n")
      ).split(separator: "\n").map { line in
        try JSON(parsing: String(line))["embedding"]?.array?.compactMap {
          $0.number.map(Float.init)
        }
          ?? []
      }
    }
    func check(_ vectors: [JSON]?, _ expected: [[Float]]) {
      #expect(vectors?.count == expected.count)
      for (vector, expected) in zip(vectors ?? [], expected) {
        let numbers = vector.array?.compactMap { $0.number.map(Float.init) } ?? []
        #expect(numbers.count == expected.count && !numbers.isEmpty)
        #expect(zip(numbers, expected).allSatisfy { abs($0 - $1) < 1e-4 * max(1, abs($1)) })
      }
    }
    let plain = try embedded([])
    check(try await json(.embed, ["inputs": input]).array, plain)
    check(
      try await json(.embed, ["inputs": input, "normalize": false]).array,
      try embedded(["--no-normalize"]))
    let open = try await json(
      .embeddings, ["input": input, "model": .string(ServeFixture.backbone)])
    check(open["data"]?.array?.compactMap { $0["embedding"] }, plain)
    let tuned = try await json(.embeddings, ["input": input, "model": "sst2"])
    check(
      tuned["data"]?.array?.compactMap { $0["embedding"] }, try embedded(["tasks/sst2.eptb"]))
  }

  @Test(
    "What cannot be answered has its status and a message",
    arguments: [
      (Route.classify(task: nil), "{", 400), (.classify(task: nil), "[]", 400),
      (.classify(task: nil), "{}", 400), (.classify(task: nil), #"{"inputs": 1}"#, 400),
      (.classify(task: "none"), #"{"inputs": "a"}"#, 404),
      (.classify(task: nil), #"{"inputs": "a", "model": "none"}"#, 404),
      (.classify(task: "sst2"), #"{"inputs": "a", "model": "x"}"#, 400),
      (.classify(task: nil), #"{"inputs": "a", "parameters": []}"#, 400),
      (.classify(task: nil), #"{"inputs": "a", "parameters": {"top_k": 0}}"#, 400),
      (.classify(task: nil), #"{"inputs": "a", "parameters": {"function_to_apply": "none"}}"#, 400),
      (.predict(task: nil), #"{"inputs": "a", "raw_scores": true}"#, 400),
      (.predict(task: nil), #"{"inputs": "a", "truncation_direction": "Left"}"#, 400),
      (.embed, #"{"inputs": "a", "normalize": 1}"#, 400),
      (.embed, #"{"inputs": "a", "prompt_name": "query"}"#, 400),
      (.embed, #"{"inputs": "a", "dimensions": 3}"#, 400),
      (.embeddings, #"{"input": "a", "encoding_format": "hex"}"#, 400),
      (.embeddings, #"{"input": [1, 2]}"#, 400),
      (.embeddings, #"{"input": "a", "model": "x"}"#, 404),
    ])
  func faults(route: Route, body: String, status: Int) async throws {
    let reply = await api.reply(to: route, body: Array(body.utf8))
    #expect(reply.status == status, "\(reply.body)")
    let error = try JSON(parsing: reply.body)["error"]
    #expect((error?.string ?? error?["message"]?.string ?? "").count > 5)
  }

  @Test("A long text is cut, or refused where the request says so")
  func truncation() async {
    let long = JSON.string(String(repeating: "film ", count: 2000))
    for route in [Route.predict(task: nil), .embed] {
      #expect(await ask(route, ["inputs": long]).status == 200)
      #expect(await ask(route, ["inputs": long, "truncate": false]).status == 413)
      #expect(await ask(route, ["inputs": "film", "truncate": false]).status == 200)
    }
  }

  @Test("At most so many labels as top_k says")
  func top() async throws {
    let reply = try await json(
      .classify(task: nil), ["inputs": ["a", "b"], "parameters": ["top_k": 1]])
    #expect(reply.array?.map { $0.array?.count } == [1, 1])
  }

  @Test("The description has every route and task, and each reference in it leads somewhere")
  func openAPI() async throws {
    let document = try await json(.openAPI, [:])
    let paths = (document["paths"]?.object ?? []).map(\.key)
    #expect(
      Set(paths) == [
        "/classify", "/classify/sst2", "/predict", "/predict/sst2", "/embed", "/v1/embeddings",
        "/health", "/info", "/metrics", "/openapi.json",
      ])
    for path in paths { #expect(Route(path: path) != nil) }
    func references(_ value: JSON) -> [String] {
      switch value {
      case .array(let values): values.flatMap(references)
      case .object(let members):
        members.flatMap { $0.key == "$ref" ? [$0.value.string ?? ""] : references($0.value) }
      default: []
      }
    }
    let all = references(document)
    #expect(all.count > 50)
    for reference in Set(all) {
      let target = reference.split(separator: "/").dropFirst().reduce(Optional(document)) {
        $0?[String($1)]
      }
      #expect(target != nil, "\(reference)")
    }
  }
}
