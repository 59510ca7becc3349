import EPTFormat

/// Pieces of JSON Schema.
enum Schema {
  static func reference(_ name: String) -> JSON {
    ["$ref": .string("#/components/schemas/\(name)")]
  }

  /// A value of `type`, or null.
  static func optional(_ type: String) -> JSON { ["type": [.string(type), "null"]] }

  static func object(required: [String], _ properties: JSON) -> JSON {
    [
      "type": "object", "required": .array(required.map { .string($0) }),
      "properties": properties,
    ]
  }

  /// A list of `items`.
  static func list(_ items: JSON, from least: Int = 0, to most: Int? = nil) -> JSON {
    var members = [JSONMember("type", "array"), JSONMember("items", items)]
    if least > 0 { members.append(JSONMember("minItems", .integer(least))) }
    if let most { members.append(JSONMember("maxItems", .integer(most))) }
    return .object(members)
  }

  /// Labels with their scores: of one text, or a list of these.
  static let labelScores: JSON = [
    "anyOf": [reference("LabelScores"), list(reference("LabelScores"), from: 1)]
  ]

  private static let number: JSON = ["type": "number"]
  private static let whole: JSON = ["type": "integer"]
  private static let text: JSON = ["type": "string"]

  /// An object that has all of `properties`.
  private static func complete(_ properties: [JSONMember]) -> JSON {
    object(required: properties.map(\.key), .object(properties))
  }

  /// The schemas that have a name.
  static let components: [JSONMember] = [
    JSONMember(
      "LabelScores",
      list(
        complete([
          JSONMember("label", text),
          // A probability, except of a task of numbers.
          JSONMember("score", ["type": "number"]),
        ]), from: 1)),
    JSONMember(
      "PipelineParameters",
      [
        "type": ["object", "null"],
        "properties": [
          "top_k": ["type": ["integer", "null"], "minimum": 1],
          "function_to_apply": ["enum": ["softmax", .null]],
        ],
      ]),
    JSONMember(
      "ClassificationResponse",
      complete([
        JSONMember("id", text), JSONMember("object", ["const": "list"]),
        JSONMember("created", whole), JSONMember("model", text),
        JSONMember(
          "data",
          list(
            complete([
              JSONMember("index", whole), JSONMember("label", text),
              JSONMember("probs", list(number, from: 1)), JSONMember("num_classes", whole),
            ]), from: 1)),
        JSONMember("usage", reference("Usage")),
      ])),
    JSONMember("Vectors", list(list(number, from: 1), from: 1)),
    JSONMember(
      "EmbeddingResponse",
      complete([
        JSONMember("object", ["const": "list"]), JSONMember("model", text),
        JSONMember(
          "data",
          list(
            complete([
              JSONMember("object", ["const": "embedding"]), JSONMember("index", whole),
              JSONMember("embedding", ["anyOf": [list(number, from: 1), text]]),
            ]), from: 1)),
        JSONMember("usage", reference("Usage")),
      ])),
    JSONMember(
      "Usage",
      complete([JSONMember("prompt_tokens", whole), JSONMember("total_tokens", whole)])),
    JSONMember("Health", complete([JSONMember("status", ["const": "ok"])])),
    JSONMember(
      "Information",
      complete([
        JSONMember("model_id", text), JSONMember("model_sha", text),
        JSONMember("model_type", ["type": "object"]), JSONMember("architecture", text),
        JSONMember("dimensions", whole), JSONMember("max_concurrent_requests", whole),
        JSONMember("max_input_length", ["type": ["integer", "null"]]),
        JSONMember("max_batch_tokens", whole), JSONMember("max_batch_requests", whole),
        JSONMember("max_client_batch_size", whole),
        JSONMember("auto_truncate", ["type": "boolean"]),
        JSONMember(
          "tasks",
          list(
            complete([
              JSONMember("name", text), JSONMember("fields", list(text, from: 1)),
              JSONMember("labels", list(text, from: 1)),
            ]))),
      ])),
    JSONMember(
      "Error",
      [
        "description":
          "A message and its kind; from /v1/embeddings as an object, as OpenAI's clients expect.",
        "type": "object", "required": ["error"],
        "properties": [
          "error": [
            "anyOf": [
              text,
              complete([
                JSONMember("message", text), JSONMember("type", text),
                JSONMember("code", whole),
              ]),
            ]
          ], "error_type": text,
        ],
      ]),
  ]
}

/// An answer to a request that failed.
struct ErrorResponse {
  let status: Int
  /// What the answer means.
  let meaning: String
  /// Whether requests without a body may have it, too.
  var isOfAnyRequest = false
  /// A field of the header that comes with it, and what it has.
  var field: (name: String, meaning: String)?

  static let all = [
    ErrorResponse(status: 400, meaning: "The body is not JSON, or not what the route takes."),
    ErrorResponse(
      status: 401, meaning: "The bearer token is missing or wrong.", isOfAnyRequest: true,
      field: ("WWW-Authenticate", "Bearer")),
    ErrorResponse(status: 404, meaning: "No such task or model.", isOfAnyRequest: true),
    ErrorResponse(
      status: 405, meaning: "The path takes another method.", isOfAnyRequest: true,
      field: ("Allow", "The methods that it takes.")),
    ErrorResponse(status: 413, meaning: "More texts or bytes than the server takes."),
    ErrorResponse(status: 415, meaning: "The body is not declared as JSON."),
    ErrorResponse(
      status: 429, meaning: "Too many texts are waiting.",
      field: ("Retry-After", "Seconds to wait.")),
    ErrorResponse(status: 500, meaning: "The server failed."),
    ErrorResponse(
      status: 503, meaning: "The model's file was written over; start the server anew.",
      isOfAnyRequest: true),
  ]

  private var name: String { "Error\(status)" }

  /// The response as a component.
  var component: JSONMember {
    var members = [
      JSONMember("description", .string(meaning)),
      JSONMember("content", ["application/json": ["schema": Schema.reference("Error")]]),
    ]
    if let field {
      members.append(
        JSONMember(
          "headers",
          .object([
            JSONMember(
              field.name,
              [
                "description": .string(field.meaning), "required": true,
                "schema": ["type": "string"],
              ])
          ])))
    }
    return JSONMember(name, .object(members))
  }

  /// The response among those of a path.
  var reference: JSONMember {
    JSONMember("\(status)", ["$ref": .string("#/components/responses/\(name)")])
  }
}
