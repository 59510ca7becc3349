import CoreMetrics
import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@testable import EPTServe

/// What answers look like.
struct WireTests {
  private let answers = ClassificationAnswers(
    task: "sst2", labels: ["a \"b\"", "c", "d"],
    probabilities: [[0.25, 0.5, 0.25], [0.125, 0.125, 0.75]])

  @Test("Labels with scores: the best first, equal ones in the task's order")
  func labelScores() throws {
    #expect(
      answers.labelScores(isSingle: true)
        == #"[{"label":"c","score":0.5},{"label":"a \"b\"","score":0.25},{"label":"d","score":0.25}]"#
    )
    let nested = try JSON(parsing: answers.labelScores(isSingle: false, top: 1))
    #expect(
      nested == [
        [["label": "c", "score": 0.5]], [["label": "d", "score": 0.75]],
      ])
  }

  @Test("vLLM's answer has the probabilities in the task's order")
  func classificationResponse() throws {
    let json = try JSON(
      parsing: answers.classificationResponse(id: "classify-1", created: 7, tokens: 9))
    #expect(
      json == [
        "id": "classify-1", "object": "list", "created": 7, "model": "sst2",
        "data": [
          ["index": 0, "label": "c", "probs": [0.25, 0.5, 0.25], "num_classes": 3],
          ["index": 1, "label": "d", "probs": [0.125, 0.125, 0.75], "num_classes": 3],
        ],
        "usage": [
          "prompt_tokens": 9, "total_tokens": 9, "completion_tokens": 0,
          "prompt_tokens_details": .null,
        ],
      ])
  }

  @Test("OpenAI's answer, with numbers and with base64")
  func embeddingResponse() throws {
    let answers = EmbeddingAnswers(vectors: [[1, -2.5], [0.1, 3e-8]])
    #expect(answers.list == "[[1.0,-2.5],[0.1,3e-08]]")
    let json = try JSON(
      parsing: answers.embeddingResponse(model: "m", tokens: 4, isBase64: false))
    #expect(
      json == [
        "object": "list",
        "data": [
          ["object": "embedding", "index": 0, "embedding": [1.0, -2.5]],
          ["object": "embedding", "index": 1, "embedding": [0.1, 3e-8]],
        ],
        "model": "m", "usage": ["prompt_tokens": 4, "total_tokens": 4],
      ])
    let packed = try JSON(
      parsing: answers.embeddingResponse(model: "m", tokens: 4, isBase64: true))
    let text = try #require(packed["data"]?.array?.first?["embedding"]?.string)
    #expect(text == "AACAPwAAIMA=")
  }

  @Test("Base64 is Foundation's, whatever the length", arguments: 0..<7)
  func base64(count: Int) {
    let numbers = (0..<count).map { Float($0) * 1.7 - 3 }
    let data = numbers.withUnsafeBytes { Data($0) }
    #expect(Base64.text(of: numbers) == data.base64EncodedString())
  }

  @Test("Errors have a status, and the shape that the route's clients know")
  func errors() throws {
    let tei = Reply(.overloaded, route: .classify(task: nil))
    #expect(tei.status == 429 && tei.fields["retry-after"] == "1")
    #expect(try JSON(parsing: tei.body)["error_type"] == "overloaded")
    let openAI = Reply(.noTask(name: "x\u{1B}", served: ["m"]), route: .embeddings)
    let error = try #require(try JSON(parsing: openAI.body)["error"])
    #expect(openAI.status == 404 && error["code"] == 404 && error["type"] == "not_found")
    #expect(error["message"]?.string?.contains("\u{1B}") == false)
  }

  @Test("Dates as RFC 9110 shows them")
  func dates() {
    #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(1_709_164_800) == "Thu, 29 Feb 2024 00:00:00 GMT")
  }

  @Test("Metrics in Prometheus' text format")
  func prometheus() {
    let registry = PrometheusRegistry(help: ["a_total": "What a is."])
    let counter = Counter(
      label: "a_total", dimensions: [("task", "x\"\\\n")], factory: registry)
    counter.increment(by: 2)
    Counter(label: "a_total", dimensions: [("task", "x\"\\\n")], factory: registry).increment()
    Meter(label: "b", factory: registry).set(1.5)
    let timer = CoreMetrics.Timer(
      label: "c_seconds", dimensions: [("route", "/r")], factory: registry)
    timer.recordNanoseconds(1_000_000)
    timer.recordNanoseconds(20_000_000_000)
    let lines = registry.text.split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(5) == [
        "# HELP a_total What a is.", "# TYPE a_total counter", #"a_total{task="x\"\\\n"} 3"#,
        "# TYPE b gauge", "b 1.5",
      ])
    #expect(lines[5] == "# TYPE c_seconds histogram")
    #expect(lines[6] == #"c_seconds_bucket{route="/r",le="0.001"} 1"#)
    #expect(
      lines.suffix(4) == [
        #"c_seconds_bucket{route="/r",le="10.0"} 1"#, #"c_seconds_bucket{route="/r",le="+Inf"} 2"#,
        #"c_seconds_sum{route="/r"} 20.001"#, #"c_seconds_count{route="/r"} 2"#,
      ])
  }

  @Test("A token is the file's first line, and nothing else passes")
  func token() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = folder + "/token"
      try "secret-1\nmore\n".write(toFile: path, atomically: true, encoding: .utf8)
      let token = try BearerToken(path: path)
      #expect(token.admits("Bearer secret-1") && token.admits("bearer secret-1"))
      for header in [
        nil, "", "Bearer", "Bearer ", "Bearer secret-", "Bearer secret-1x", "Basic secret-1",
        "secret-1", "Bearer  secret-1",
      ] {
        #expect(!token.admits(header), "\(header ?? "nil")")
      }
      try "two words\n".write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: ServeError.self) { try token.reload() }
      #expect(token.admits("Bearer secret-1"))
      try "secret-2".write(toFile: path, atomically: true, encoding: .utf8)
      try token.reload()
      #expect(token.admits("Bearer secret-2") && !token.admits("Bearer secret-1"))
      #expect(throws: ServeError.self) { try BearerToken(path: folder + "/none") }
    }
    #expect(try BearerToken(path: nil).admits(nil))
  }
}
