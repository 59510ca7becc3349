import Glibc

/// Hugging Face's `parameters` of text classification.
struct PipelineParameters {
  /// Most labels of an answer; nil for all.
  let top: Int?

  /// - Throws: `ServeError.badRequest`.
  init(_ request: RequestObject) throws(ServeError) {
    guard let value = request["parameters"], value != .null else {
      top = nil
      return
    }
    let parameters = try RequestObject(value, "parameters")
    top = try parameters.integer("top_k")
    if let top, top < 1 { throw .badRequest(reason: "\"top_k\" is less than 1") }
    guard try parameters.string("function_to_apply") ?? "softmax" == "softmax" else {
      throw .badRequest(
        reason: "\"function_to_apply\" is not softmax; scores are probabilities that sum to 1")
    }
  }
}

/// What text-embeddings-inference's requests say of texts that are longer than is read.
struct Truncation {
  /// Whether such a text is cut; else it is refused.
  let isAllowed: Bool

  /// - Throws: `ServeError.badRequest`.
  init(_ request: RequestObject) throws(ServeError) {
    isAllowed = try request.bool("truncate") ?? true
    switch try request.string("truncation_direction")?.lowercased() {
    case nil, "right": break
    default:
      throw .badRequest(reason: "\"truncation_direction\" is not right: the end of a text is cut")
    }
  }
}

/// What an answer is called, and when it was made.
enum RequestID {
  /// `prefix-` and 32 random hexadecimal digits.
  static func new(for prefix: String) -> String {
    let digits = (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16) }
    return "\(prefix)-\(digits.joined())"
  }

  /// Seconds since 1970.
  static var seconds: Int { time(nil) }
}
