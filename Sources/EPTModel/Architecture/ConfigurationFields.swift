import EPTFormat
import EPTLayers

/// Reads the fields of a `config.json`, with errors that name them.
package struct ConfigurationFields {
  private let configuration: JSON

  init(_ configuration: JSON) {
    self.configuration = configuration
  }

  /// A count of something, `minimum` or more and below 2^24.
  func size(_ field: String, default fallback: Int? = nil, minimum: Int = 1) throws -> Int {
    guard let value = present(field) else {
      if let fallback { return fallback }
      throw ModelError.configuration(field: field, reason: "is missing")
    }
    guard let size = value.integer, size >= minimum, size < 1 << 24 else {
      throw ModelError.configuration(
        field: field, reason: "must be a whole number from \(minimum) to \((1 << 24) - 1)")
    }
    return size
  }

  /// A finite number.
  func number(_ field: String, default fallback: Float) throws -> Float {
    guard let value = present(field) else { return fallback }
    guard let number = value.number, number.isFinite else {
      throw ModelError.configuration(field: field, reason: "must be a number")
    }
    return Float(number)
  }

  /// A truth value.
  func flag(_ field: String, default fallback: Bool) throws -> Bool {
    guard let value = present(field) else { return fallback }
    guard let flag = value.bool else {
      throw ModelError.configuration(field: field, reason: "must be true or false")
    }
    return flag
  }

  /// One of the values that this version runs.
  @discardableResult
  func require(
    _ field: String, oneOf allowed: [String], default fallback: String
  ) throws -> String {
    guard let value = present(field) else { return fallback }
    guard let text = value.string, allowed.contains(text) else {
      throw ModelError.configuration(
        field: field, reason: "must be one of: \(allowed.joined(separator: ", "))")
    }
    return text
  }

  /// The field's value, nil where it is absent or null.
  private func present(_ field: String) -> JSON? {
    let value = configuration[field]
    return value == .null ? nil : value
  }

  /// The texts of a list; one text alone, with bars between its parts, is such a list as well.
  func strings(_ field: String) throws -> [String]? {
    guard let value = present(field) else { return nil }
    if let text = value.string { return text.split(separator: "|").map(String.init) }
    let texts = value.array?.compactMap(\.string)
    guard let texts, texts.count == value.array?.count else {
      throw ModelError.configuration(field: field, reason: "must be a list of texts")
    }
    return texts
  }

  /// The fields of an object; nil where it is absent or null.
  func object(_ field: String) throws -> ConfigurationFields? {
    guard let value = present(field) else { return nil }
    guard value.object != nil else {
      throw ModelError.configuration(field: field, reason: "must be an object")
    }
    return ConfigurationFields(value)
  }

  /// Stops unless the flag has the value that this version runs.
  func require(_ field: String, _ wanted: Bool, default fallback: Bool) throws {
    guard try flag(field, default: fallback) != wanted else { return }
    throw ModelError.configuration(
      field: field, reason: "must be \(wanted): this version runs no other model")
  }

  /// Layers, heads or the like of which a model has a few: `minimum` or more, and at most 1024.
  func count(_ field: String, default fallback: Int? = nil) throws -> Int {
    let count = try size(field, default: fallback)
    guard count <= 1024 else {
      throw ModelError.configuration(field: field, reason: "must be at most 1024")
    }
    return count
  }

  /// What a norm adds to the variance: above 0, and at most 1.
  func epsilon(_ field: String, default fallback: Float) throws -> Float {
    let epsilon = try number(field, default: fallback)
    guard epsilon > 0, epsilon <= 1 else {
      throw ModelError.configuration(field: field, reason: "must be above 0 and at most 1")
    }
    return epsilon
  }

  /// The non-linearity of feed-forward layers.
  func activation(_ field: String) throws -> Activation {
    // Several names of `transformers` are the same function, written in other ways.
    let names: [String: Activation] = [
      "relu": .relu, "gelu": .gelu, "gelu_python": .gelu, "gelu_new": .geluTanh,
      "gelu_pytorch_tanh": .geluTanh, "gelu_fast": .geluTanh, "gelu_accurate": .geluTanh,
      "silu": .silu, "swish": .silu,
    ]
    let name = try require(field, oneOf: names.keys.sorted(), default: "gelu")
    return names[name] ?? .gelu
  }

  /// Stops unless the model's width is that of `heads` heads.
  func requireHeads(_ field: String, _ heads: Int, hiddenSize: Int) throws {
    guard hiddenSize % heads == 0 else {
      throw ModelError.configuration(
        field: field, reason: "is \(heads), which does not divide \(hiddenSize)")
    }
  }
}
