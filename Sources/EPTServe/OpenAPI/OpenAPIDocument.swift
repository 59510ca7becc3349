import EPTFormat
import EPTInfer

/// The description of all routes, as OpenAPI 3.1 has it (https://spec.openapis.org/oas/v3.1.0).
///
/// Each task has paths of its own, so that its fields are told exactly.
struct OpenAPIDocument {
  let tasks: [TunedTask]
  /// What the backbone is called.
  let backbone: String
  let settings: ServeSettings
  let needsToken: Bool

  var json: JSON {
    var components = [
      JSONMember("schemas", .object(Schema.components)),
      JSONMember("responses", .object(errorResponses.map(\.component))),
    ]
    if needsToken {
      components.append(
        JSONMember("securitySchemes", ["bearer": ["type": "http", "scheme": "bearer"]]))
    }
    var members = [
      JSONMember("openapi", "3.1.0"),
      JSONMember(
        "info",
        [
          "title": "eptc serve", "version": "1",
          "description": "Classification and embeddings by one frozen language model.",
        ]),
      JSONMember("paths", .object(paths)),
      JSONMember("components", .object(components)),
    ]
    if needsToken { members.append(JSONMember("security", [["bearer": []]])) }
    return .object(members)
  }

  // MARK: Paths

  private var paths: [JSONMember] {
    var paths: [JSONMember] = []
    if !tasks.isEmpty {
      paths.append(classify("/classify", "classify", tasks, isNamed: tasks.count == 1))
      paths.append(predict("/predict", "predict", tasks, isNamed: tasks.count == 1))
    }
    for task in tasks {
      let name = Route.encoded(task.name)
      paths.append(classify("/classify/\(name)", "classify \(task.name)", [task], isNamed: true))
      paths.append(predict("/predict/\(name)", "predict \(task.name)", [task], isNamed: true))
    }
    return paths + [
      post(
        "/embed", "embed", "Vectors, as text-embeddings-inference gives them.",
        request: Schema.object(
          required: ["inputs"],
          [
            "inputs": texts(["text"]), "normalize": Schema.optional("boolean"),
            "truncate": Schema.optional("boolean"), "dimensions": ["type": "null"],
            "prompt_name": ["type": "null"],
            "truncation_direction": ["enum": ["Right", "right", .null]],
          ]), answer: Schema.reference("Vectors")),
      post(
        "/v1/embeddings", "embeddings", "Vectors, as OpenAI's API gives them.",
        request: Schema.object(
          required: ["input"],
          [
            "input": texts(["text"]), "model": embeddingModel, "user": Schema.optional("string"),
            "encoding_format": ["enum": ["float", "base64", .null]],
            "dimensions": ["type": "null"],
          ]), answer: Schema.reference("EmbeddingResponse")),
      get(
        "/health", "health", "Whether requests can be answered.", isOpen: true,
        answer: ["application/json": ["schema": Schema.reference("Health")]]),
      get(
        "/info", "info", "The backbone, the limits and the tasks.",
        answer: ["application/json": ["schema": Schema.reference("Information")]]),
      get(
        "/metrics", "metrics", "Metrics for Prometheus.",
        answer: ["text/plain": ["schema": ["type": "string"]]]),
      get(
        "/openapi.json", "openapi", "This description.",
        answer: ["application/json": ["schema": ["type": "object"]]]),
    ]
  }

  /// The models that vectors are made by: the backbone, and each task of one text.
  private var embeddingModel: JSON {
    let names = [backbone] + tasks.filter { $0.fields.count == 1 }.map(\.name)
    return ["enum": .array(names.map { .string($0) } + [.null])]
  }

  private func classify(
    _ path: String, _ operation: String, _ tasks: [TunedTask], isNamed: Bool
  ) -> JSONMember {
    let requests = groups(of: tasks).flatMap { fields, names in
      ["inputs", "input"].map { key -> JSON in
        var members = [JSONMember(key, texts(fields)), JSONMember("model", model(names, isNamed))]
        if key == "inputs" {
          members.append(JSONMember("parameters", Schema.reference("PipelineParameters")))
        }
        return Schema.object(required: required(key, isNamed), .object(members))
      }
    }
    return post(
      path, operation,
      "Every label with its score, for \"inputs\" as Hugging Face, for \"input\" as vLLM.",
      request: ["anyOf": .array(requests)],
      answer: ["anyOf": [Schema.labelScores, Schema.reference("ClassificationResponse")]])
  }

  private func predict(
    _ path: String, _ operation: String, _ tasks: [TunedTask], isNamed: Bool
  ) -> JSONMember {
    let requests = groups(of: tasks).map { fields, names in
      Schema.object(
        required: required("inputs", isNamed),
        [
          "inputs": texts(fields), "model": model(names, isNamed),
          "truncate": Schema.optional("boolean"), "raw_scores": ["enum": [false, .null]],
          "truncation_direction": ["enum": ["Right", "right", .null]],
        ])
    }
    return post(
      path, operation, "Every label with its score, as text-embeddings-inference gives them.",
      request: ["anyOf": .array(requests)], answer: Schema.labelScores)
  }

  /// Tasks of the same number of fields and their names.
  private func groups(of tasks: [TunedTask]) -> [(fields: [String], names: [String])] {
    var groups: [(fields: [String], names: [String])] = []
    for task in tasks {
      if let place = groups.firstIndex(where: { $0.fields == task.fields }) {
        groups[place].names.append(task.name)
      } else {
        groups.append((task.fields, [task.name]))
      }
    }
    return groups
  }

  private func required(_ key: String, _ isNamed: Bool) -> [String] {
    isNamed ? [key] : [key, "model"]
  }

  private func model(_ names: [String], _ isNamed: Bool) -> JSON {
    ["enum": .array(names.map { .string($0) } + (isNamed ? [.null] : []))]
  }

  // MARK: Parts of a path

  private func texts(_ fields: [String]) -> JSON {
    let list = Schema.list(
      ["type": "string"], from: fields.count, to: fields.count)
    let object = Schema.object(
      required: fields, .object(fields.map { JSONMember($0, ["type": "string"]) }))
    let row: [JSON] = (fields.count == 1 ? [["type": "string"]] : []) + [list, object]
    // A list of one text is a list of rows where a row is one text.
    let single: [JSON] = fields.count == 1 ? [["type": "string"], object] : [list, object]
    // No `maxItems`: what is too long is too large (413), as at text-embeddings-inference, not invalid.
    return [
      "description": .string("At most \(settings.textsPerRequest) texts."),
      "anyOf": .array(single + [Schema.list(["anyOf": .array(row)], from: 1)]),
    ]
  }

  private func post(
    _ path: String, _ operation: String, _ summary: String, request: JSON, answer: JSON
  ) -> JSONMember {
    JSONMember(
      path,
      [
        "post": [
          "operationId": .string(operation), "summary": .string(summary),
          "requestBody": [
            "required": true, "content": ["application/json": ["schema": request]],
          ],
          "responses": .object(
            [
              JSONMember(
                "200",
                [
                  "description": "The answers.",
                  "content": ["application/json": ["schema": answer]],
                ])
            ] + errorResponses.map { $0.reference }),
        ]
      ])
  }

  private func get(
    _ path: String, _ operation: String, _ summary: String, isOpen: Bool = false, answer: JSON
  ) -> JSONMember {
    let errors = errorResponses.filter { $0.isOfAnyRequest }
    var members = [
      JSONMember("operationId", .string(operation)), JSONMember("summary", .string(summary)),
      JSONMember(
        "responses",
        .object(
          [JSONMember("200", ["description": "The answer.", "content": answer])]
            + errors.map { $0.reference })),
    ]
    if isOpen, needsToken { members.append(JSONMember("security", [])) }
    return JSONMember(path, ["get": .object(members)])
  }

  private var errorResponses: [ErrorResponse] {
    ErrorResponse.all.filter { $0.status != 401 || needsToken }
  }
}
