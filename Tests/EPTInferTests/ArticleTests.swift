import EPTTestSupport
import Foundation
import Testing

@testable import EPTInfer

/// The code of the articles in `EPTInfer.docc` compiles and runs: it is repeated here, and compared.
struct ArticleTests {
  private let fixture: StreamFixture
  private let texts = ["a lovely film", "a dull film", "a tasty meal"]

  private var modelPath: String { fixture.folder + "/model.ept" }
  private var taskPath: String { fixture.folder + "/tasks/sst2.eptb" }

  init() throws {
    fixture = try StreamFixture()
    try fixture.bundle("sst2", seed: 1)
  }

  @Test(arguments: ["LoadAndPredict", "AddAReadOut"])
  func codeIsHere(name: String) throws {
    let article = try Article(path: "Sources/EPTInfer/EPTInfer.docc/\(name).md")
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    #expect(article.blockCount > 3)
    #expect(article.blocksMissing(in: source) == [])
  }

  @Test func loadAndPredict() async throws {
    let model = try InferenceModel(path: modelPath)
    let task = try model.task(path: taskPath)

    let prediction = try model.predict("a gripping film", by: [task])
    print(prediction.answers[0].label, prediction.answers[0].probability)

    let predictions = try model.predict(texts, by: [task])
    print(predictions.map { $0.answers[0].label })

    let probabilities = try model.probabilities(of: texts.map { [$0] }, by: task)
    #expect(predictions.count == 3 && probabilities.map(\.count) == [2, 2, 2])

    let (lines, source) = AsyncStream.makeStream(of: String.self)
    for text in texts { source.yield(text) }
    source.finish()
    for try await prediction in model.predictions(for: lines, by: [task]) {
      print(prediction.answers[0].label)
    }
  }

  @Test func addAReadOut() throws {
    let labels = ["film", "film", "food"]
    let model = try InferenceModel(path: modelPath)
    let task = try model.task(path: taskPath)

    let vectors = try model.embeddings(of: texts.map { [$0] })

    var centroids: [String: [Float]] = [:]
    for (vector, label) in zip(vectors, labels) {
      let sum = centroids[label] ?? [Float](repeating: 0, count: vector.count)
      centroids[label] = zip(sum, vector).map(+)
    }

    func cosine(_ a: [Float], _ b: [Float]) -> Float {
      func dot(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map(*).reduce(0, +) }
      return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
    let new = try model.embeddings(of: [["a gripping film"]])[0]
    let answer = centroids.max { cosine($0.value, new) < cosine($1.value, new) }?.key
    #expect(answer == "film" || answer == "food")

    let embedding = try model.embedding()
    let questions = [
      try task.question(["a gripping film"]),
      try embedding.question(["a dull meal"]),
    ]

    for result in try model.answers(to: questions) {
      switch result {
      case .success(let numbers): print(numbers.count)
      case .failure(let fault): print(fault)
      }
    }
    let counts = try model.answers(to: questions).map { try $0.get().count }
    #expect(counts == [2, vectors[0].count])
  }
}
