import EPTFormat

/// A file's metadata, with errors that name its keys.
struct GGUFMetadata {
  private let file: GGUFFile

  init(_ file: GGUFFile) { self.file = file }

  var path: String { file.path }

  subscript(key: String) -> GGUFValue? { file.value(key) }

  func corrupt(_ key: String, _ reason: String) -> FormatError {
    .corrupt(path: path, location: "`\(key)` of the metadata", reason: reason)
  }

  func unsupported(_ what: String, _ hint: String) -> FormatError {
    .unsupported(path: path, what: what, hint: hint)
  }

  /// A text; nil where it is absent.
  func string(_ key: String) throws -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.string else { throw corrupt(key, "it must be a text") }
    return text
  }

  /// A count; nil where it is absent.
  func integer(_ key: String) throws -> Int? {
    guard let value = self[key] else { return nil }
    if let numbers = value.integers {
      // Some files have one a block, all the same.
      guard let first = numbers.first, numbers.allSatisfy({ $0 == first }) else {
        throw unsupported(
          "`\(key)` that differs from block to block", "models whose blocks are alike are read")
      }
      return first
    }
    guard let number = value.integer, number >= 0 else {
      throw corrupt(key, "it must be a whole number from 0 on")
    }
    return number
  }

  /// A count that must be there.
  func required(_ key: String) throws -> Int {
    guard let number = try integer(key) else { throw corrupt(key, "it is not there") }
    return number
  }

  /// A number; nil where it is absent.
  func number(_ key: String) throws -> Double? {
    guard let value = self[key] else { return nil }
    guard let number = value.number, number.isFinite else {
      throw corrupt(key, "it must be a number")
    }
    return number
  }

  /// A truth value; nil where it is absent.
  func flag(_ key: String) throws -> Bool? {
    guard let value = self[key] else { return nil }
    guard let flag = value.bool else { throw corrupt(key, "it must be true or false") }
    return flag
  }
}
