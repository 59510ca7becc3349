import EPTFormat
import EPTSystem

/// The JSON object in a request's body.
struct RequestObject {
  private let value: JSON

  /// Reads `body`; its values may take as much memory again as a few bodies.
  ///
  /// - Throws: `ServeError.badJSON`, or `.badRequest` for something else than an object.
  init(_ body: [UInt8]) throws(ServeError) {
    do {
      value = try body.withUnsafeBytes { try JSON(parsing: $0, memory: 4 * $0.count + 65_536) }
    } catch let error as JSONError {
      throw .badJSON(reason: "\(error)".printable)
    } catch {
      throw .failed(reason: "\(error)")
    }
    guard value.object != nil else {
      throw .badRequest(reason: "the body is not an object, { … }")
    }
  }

  /// Takes the member called `key` of another object.
  ///
  /// - Throws: `ServeError.badRequest` for something else than an object.
  init(_ value: JSON, _ key: String) throws(ServeError) {
    guard value.object != nil else {
      throw .badRequest(reason: "\"\(key)\" is not an object, { … }")
    }
    self.value = value
  }

  /// The member called `key`; nil if it is missing.
  subscript(key: String) -> JSON? { value[key] }

  /// The member called `key`, which must be there.
  func required(_ key: String) throws(ServeError) -> JSON {
    guard let member = value[key] else { throw .badRequest(reason: "\"\(key)\" is missing") }
    return member
  }

  /// The text called `key`; nil if it is missing or null.
  func string(_ key: String) throws(ServeError) -> String? {
    try scalar(key, "a text in quotes", \.string)
  }

  /// The truth value called `key`; nil if it is missing or null.
  func bool(_ key: String) throws(ServeError) -> Bool? {
    try scalar(key, "true or false", \.bool)
  }

  /// The whole number called `key`, at most as large as one can be; nil if it is missing or null.
  func integer(_ key: String) throws(ServeError) -> Int? {
    try scalar(key, "a whole number", \.wholeNumber)
  }

  private func scalar<Value>(
    _ key: String, _ expected: String, _ path: KeyPath<JSON, Value?>
  ) throws(ServeError) -> Value? {
    guard let member = value[key], member != .null else { return nil }
    guard let scalar = member[keyPath: path] else {
      throw .badRequest(reason: "\"\(key)\" is not \(expected)")
    }
    return scalar
  }
}

extension JSON {
  /// The whole number, if this is one, `1.0` too; those that do not fit are the nearest that does.
  fileprivate var wholeNumber: Int? {
    guard case .number(let value) = self else { return integer }
    guard value.rounded() == value else { return nil }
    return Int(exactly: value) ?? (value > 0 ? .max : .min)
  }
}
