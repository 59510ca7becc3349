import EPTFormat

/// Reads the fields of a `config.json`, with errors that name them.
struct ConfigurationFields {
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
}
