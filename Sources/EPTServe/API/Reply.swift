import EPTFormat
import EPTSystem

/// What a request is answered with.
struct Reply: Sendable, Equatable {
  static let json = "application/json"

  var status = 200
  var contentType = Reply.json
  var body: String
  /// Further fields of the header, by lower-case names.
  var fields: [String: String] = [:]

  init(json: String) {
    body = json
  }

  init(text: String, contentType: String) {
    body = text
    self.contentType = contentType
  }

  /// The answer to a request that failed, as clients of `route` expect errors.
  init(_ error: ServeError, route: Route?) {
    status = error.status
    let message = JSON.string("\(error)".printable)
    body =
      switch route {
      case .embeddings:
        JSON.object([
          JSONMember(
            "error",
            [
              "message": message, "type": .string(error.kind), "param": .null,
              "code": .integer(status),
            ])
        ]).serialized()
      default:
        JSON.object([
          JSONMember("error", message), JSONMember("error_type", .string(error.kind)),
        ]).serialized()
      }
    switch error {
    case .overloaded: fields["retry-after"] = "1"
    case .wrongMethod(let allowed): fields["allow"] = allowed
    case .unauthorized: fields["www-authenticate"] = "Bearer"
    default: break
    }
  }
}
