import EPTInfer

/// Answers lines: `answer-lines model.ept sst2.eptb topic.eptb < lines`.
@main
struct AnswerLines {
  static func main() async throws {
    let paths = CommandLine.arguments.dropFirst()
    guard let path = paths.first, paths.count > 1 else {
      print("usage: answer-lines model.ept task.eptb... < lines")
      return
    }
    let model = try InferenceModel(path: path)
    let tasks = try paths.dropFirst().map { try model.task(path: $0) }
    let lines = AsyncStream { readLine() }
    for try await prediction in model.predictions(for: lines, by: tasks) {
      print(prediction.answers.map { "\($0.task): \($0.label)" }.joined(separator: ", "))
    }
  }
}
