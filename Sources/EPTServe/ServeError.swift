import EPTInfer

/// What can go wrong with a request, and with starting the server.
public enum ServeError: Error, Equatable, Sendable {
  /// A body that is no JSON. `reason` names the byte.
  case badJSON(reason: String)
  /// JSON that is not what the route takes.
  case badRequest(reason: String)
  /// A text that cannot be answered; `index` counts from 0.
  case badText(index: Int, fault: RecordFault)
  case unauthorized
  case noRoute(path: String)
  /// A task or a model that is not served.
  case noTask(name: String, served: [String])
  /// No task is named, and there are several or none.
  case taskNotNamed(served: [String])
  case wrongMethod(allowed: String)
  /// A task of tags, which no route answers with.
  case answersWords(task: String)
  /// More than the server takes. `what` says what of.
  case tooLarge(what: String, limit: Int)
  case mediaType
  /// Too much waits already.
  case overloaded
  /// The model's file was written over: no answer can be trusted.
  case unusable(reason: String)
  /// Something failed that is not the request's fault.
  case failed(reason: String)

  /// A file of a token that cannot be used.
  case badToken(path: String, reason: String)
  /// An address where the server cannot listen. `reason` is the system's own text.
  case address(name: String, reason: String)
}

extension ServeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .badJSON(let reason): "the body is not JSON: \(reason)"
    case .badRequest(let reason): reason
    case .badText(let index, let fault): "text \(index): \(fault)"
    case .unauthorized: "a bearer token is needed: send the header Authorization: Bearer TOKEN"
    case .noRoute(let path): "there is nothing at \(path); GET /openapi.json lists what there is"
    case .noTask(let name, let served):
      "no task or model \"\(name)\"; "
        + (served.isEmpty ? "none is served" : "there are: \(served.joined(separator: ", "))")
    case .taskNotNamed(let served):
      served.isEmpty
        ? "no task is loaded; put a .eptb file into the folder of prompts"
        : "name one of the tasks in the path or as \"model\": \(served.joined(separator: ", "))"
    case .wrongMethod(let allowed): "this path takes \(allowed)"
    case .answersWords(let task):
      "\(task) answers each word of a text, which this server does not tell; `eptc infer` does"
    case .tooLarge(let what, let limit): "more than \(limit) \(what); send less at a time"
    case .mediaType: "the body must be JSON: send the header Content-Type: application/json"
    case .overloaded: "too many texts are waiting; try again later"
    case .unusable(let reason): reason
    case .failed(let reason): reason
    case .badToken(let path, let reason): "no token in \(path): \(reason)"
    case .address(let name, let reason): "cannot listen on \(name): \(reason)"
    }
  }
}

extension ServeError {
  /// The status that a request is answered with.
  var status: Int {
    switch self {
    case .badText(_, .noScore): 500
    case .badJSON, .badRequest, .badText, .taskNotNamed, .answersWords: 400
    case .unauthorized: 401
    case .noRoute, .noTask: 404
    case .wrongMethod: 405
    case .tooLarge: 413
    case .mediaType: 415
    case .overloaded: 429
    case .failed, .badToken, .address: 500
    case .unusable: 503
    }
  }

  /// What kind of error it is, in the words of text-embeddings-inference where it has one.
  var kind: String {
    switch self {
    case .badText(_, .noScore): "backend"
    case .badJSON, .badRequest, .badText, .taskNotNamed, .tooLarge, .mediaType, .wrongMethod,
      .answersWords:
      "validation"
    case .unauthorized: "authentication"
    case .noRoute, .noTask: "not_found"
    case .overloaded: "overloaded"
    case .failed, .badToken, .address: "backend"
    case .unusable: "unhealthy"
    }
  }
}
