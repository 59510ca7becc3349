import EPTFormat
import EPTInfer
import EPTModel
import EPTSystem
import EPTTask

/// Answers requests, whatever brings them.
struct API: Sendable {
  let backbone: LoadedBackbone
  let folder: TaskFolder
  let engine: Engine
  let metrics: ServeMetrics
  let settings: ServeSettings
  let needsToken: Bool
  /// Vectors of texts without a task, of length 1 and as they are.
  private let plain: TextEmbedding
  private let plainUnscaled: TextEmbedding

  /// - Throws: `ModelError`.
  init(
    _ backbone: LoadedBackbone, _ model: InferenceModel, _ folder: TaskFolder, _ engine: Engine,
    _ metrics: ServeMetrics, _ settings: ServeSettings, needsToken: Bool
  ) throws {
    self.backbone = backbone
    self.folder = folder
    self.engine = engine
    self.metrics = metrics
    self.settings = settings
    self.needsToken = needsToken
    plain = try model.embedding()
    var unscaled = EmbeddingSettings()
    unscaled.isNormalized = false
    plainUnscaled = try model.embedding(unscaled)
  }

  /// The answer to a request to `route`, whose method has been checked.
  func reply(to route: Route, body: [UInt8]) async -> Reply {
    do {
      return try await answer(route, body)
    } catch let error as ServeError {
      return Reply(error, route: route)
    } catch {
      return Reply(.failed(reason: "\(error)"), route: route)
    }
  }

  private func answer(_ route: Route, _ body: [UInt8]) async throws -> Reply {
    switch route {
    case .health:
      try engine.requireRoom(for: 0)
      return Reply(json: #"{"status":"ok"}"#)
    case .info:
      return Reply(json: ServerInformation(self, folder.tasks).json.serialized())
    case .metrics:
      return Reply(
        text: metrics.text(waiting: engine.waiting), contentType: PrometheusRegistry.contentType)
    case .openAPI:
      let document = OpenAPIDocument(
        tasks: folder.tasks.tasks.map(\.task).filter { !$0.answersWords },
        backbone: backbone.identity.name,
        settings: settings, needsToken: needsToken)
      return Reply(json: document.json.serialized(indented: true))
    case .classify(let task): return try await classify(body, task: task)
    case .predict(let task): return try await predict(body, task: task)
    case .embed: return try await embed(body)
    case .embeddings: return try await embeddings(body)
    }
  }

  // MARK: Labels

  /// Hugging Face's and semantic-router's `inputs`, or vLLM's `input`.
  private func classify(_ body: [UInt8], task name: String?) async throws -> Reply {
    let request = try RequestObject(body)
    let served = try task(name, request)
    guard let inputs = request["inputs"] else {
      guard let input = request["input"] else {
        throw ServeError.badRequest(reason: "\"inputs\" is missing, and so is vLLM's \"input\"")
      }
      let (answers, questions) = try await labels(input, "input", of: served)
      return Reply(
        json: answers.classificationResponse(
          id: RequestID.new(for: "classify"), created: RequestID.seconds,
          tokens: questions.reduce(0) { $0 + $1.tokens }))
    }
    let top = try PipelineParameters(request).top
    let texts = try texts(inputs, "inputs", fields: served.task.fields)
    let (answers, _) = try await labels(texts, of: served, truncates: true)
    return Reply(json: answers.labelScores(isSingle: texts.isSingle, top: top))
  }

  /// text-embeddings-inference's `/predict`.
  private func predict(_ body: [UInt8], task name: String?) async throws -> Reply {
    let request = try RequestObject(body)
    let served = try task(name, request)
    if try request.bool("raw_scores") == true {
      throw ServeError.badRequest(
        reason: "\"raw_scores\" is true, but scores are probabilities; leave it out")
    }
    let truncates = try Truncation(request).isAllowed
    let texts = try texts(request.required("inputs"), "inputs", fields: served.task.fields)
    let (answers, _) = try await labels(texts, of: served, truncates: truncates)
    return Reply(json: answers.labelScores(isSingle: texts.isSingle))
  }

  private func labels(
    _ input: JSON, _ key: String, of served: ServedTask
  ) async throws -> (ClassificationAnswers, [Question]) {
    try await labels(texts(input, key, fields: served.task.fields), of: served, truncates: true)
  }

  private func labels(
    _ texts: RequestTexts, of served: ServedTask, truncates: Bool
  ) async throws -> (ClassificationAnswers, [Question]) {
    let task = served.task
    guard !task.answersWords else { throw ServeError.answersWords(task: task.name) }
    let (questions, numbers) = try await answers(
      texts, task: task.name, truncates: truncates, task.question)
    // A task of numbers has no labels: Hugging Face's pipeline calls its one output so.
    let labels = task.labels.isEmpty ? ["LABEL_0"] : task.labels
    return (
      ClassificationAnswers(task: task.name, labels: labels, probabilities: numbers), questions
    )
  }

  /// The task that the path or the request names, else the only one.
  private func task(_ name: String?, _ request: RequestObject) throws(ServeError) -> ServedTask {
    let model = try request.string("model")
    if let name, let model, !name.isIdentical(to: model) {
      throw .badRequest(reason: "the path names \(name), but \"model\" is \(model)")
    }
    let tasks = folder.tasks
    guard let name = name ?? model else {
      guard let only = tasks.tasks.first, tasks.tasks.count == 1 else {
        throw .taskNotNamed(served: tasks.names)
      }
      return only
    }
    guard let task = tasks.task(name) else { throw .noTask(name: name, served: tasks.names) }
    return task
  }

  // MARK: Vectors

  /// text-embeddings-inference's `/embed`.
  private func embed(_ body: [UInt8]) async throws -> Reply {
    let request = try RequestObject(body)
    let isNormalized = try request.bool("normalize") ?? true
    let truncates = try Truncation(request).isAllowed
    if let name = try request.string("prompt_name") {
      throw ServeError.badRequest(reason: "there is no prompt called \"\(name)\"")
    }
    try requireDimensions(request)
    let embedding = isNormalized ? plain : plainUnscaled
    let texts = try texts(request.required("inputs"), "inputs", fields: embedding.fields)
    let (_, vectors) = try await answers(
      texts, task: "", truncates: truncates, embedding.question)
    return Reply(json: EmbeddingAnswers(vectors: vectors).list)
  }

  /// OpenAI's `/v1/embeddings`.
  private func embeddings(_ body: [UInt8]) async throws -> Reply {
    let request = try RequestObject(body)
    let name = try request.string("model")
    _ = try request.string("user")
    let format = try request.string("encoding_format") ?? "float"
    guard format == "float" || format == "base64" else {
      throw ServeError.badRequest(reason: "\"encoding_format\" is neither float nor base64")
    }
    try requireDimensions(request)
    let embedding = try embedding(name)
    let texts = try texts(request.required("input"), "input", fields: embedding.fields)
    let model = name ?? backbone.identity.name
    let (questions, vectors) = try await answers(
      texts, task: embedding === plain ? "" : model, truncates: true, embedding.question)
    return Reply(
      json: EmbeddingAnswers(vectors: vectors).embeddingResponse(
        model: model, tokens: questions.reduce(0) { $0 + $1.tokens },
        isBase64: format == "base64"))
  }

  /// The vectors of the backbone, or of the task called `name`.
  private func embedding(_ name: String?) throws(ServeError) -> TextEmbedding {
    guard let name, !name.isIdentical(to: backbone.identity.name) else { return plain }
    let tasks = folder.tasks
    guard let task = tasks.task(name) else {
      throw .noTask(name: name, served: [backbone.identity.name] + tasks.names)
    }
    return task.embedding
  }

  private func requireDimensions(_ request: RequestObject) throws(ServeError) {
    let d = backbone.model.hiddenSize
    guard let dimensions = try request.integer("dimensions"), dimensions != d else { return }
    throw .badRequest(reason: "\"dimensions\" is \(dimensions), but vectors have \(d) numbers")
  }

  // MARK: Both

  private func texts(
    _ value: JSON, _ key: String, fields: [String]
  ) throws(ServeError) -> RequestTexts {
    try RequestTexts(value, key, fields: fields, limit: settings.textsPerRequest)
  }

  /// The questions that `texts` make by `question`, and the numbers that answer them.
  private func answers(
    _ texts: RequestTexts, task: String, truncates: Bool,
    _ question: ([String]) throws(RecordFault) -> Question
  ) async throws -> (questions: [Question], numbers: [[Float]]) {
    // Before the texts are tokenized, which is work.
    try engine.requireRoom(for: texts.rows.count)
    var questions: [Question] = []
    for (index, row) in texts.rows.enumerated() {
      do throws(RecordFault) {
        questions.append(try question(row))
      } catch {
        throw ServeError.badText(index: index, fault: error)
      }
    }
    let cut = questions.count { $0.isCut }
    if !truncates, let long = questions.first(where: \.isCut) {
      throw ServeError.tooLarge(what: "tokens in a text", limit: long.tokens)
    }
    let answers = try await engine.answers(to: questions)
    metrics.count(texts: questions.count, cut: cut, task: task)
    let numbers = try answers.enumerated().map { index, answer in
      switch answer {
      case .success(let numbers): numbers
      case .failure(let fault): throw ServeError.badText(index: index, fault: fault)
      }
    }
    return (questions, numbers)
  }
}
