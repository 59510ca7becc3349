extension JSON {
  /// Reads exactly one value from `bytes` (UTF-8), with nothing but white space around it.
  ///
  /// Stricter than most readers: an object with the same key twice is refused, since parsers
  /// disagree on which one counts, and nesting is bounded.
  ///
  /// - Throws: `JSONError`.
  public init(parsing bytes: UnsafeRawBufferPointer) throws {
    var parser = JSONParser(bytes: bytes)
    self = try parser.document()
  }

  /// Reads exactly one value from `text`.
  ///
  /// - Throws: `JSONError`.
  public init(parsing text: String) throws {
    var text = text
    self = try text.withUTF8 { try JSON(parsing: UnsafeRawBufferPointer($0)) }
  }
}

private struct JSONParser {
  static let maximumDepth = 128

  let bytes: UnsafeRawBufferPointer
  var position = 0
  var depth = 0

  init(bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  mutating func document() throws -> JSON {
    skipSpace()
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw fault("more text after the value") }
    return value
  }

  func fault(_ reason: String) -> JSONError {
    JSONError(offset: position, reason: reason)
  }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  mutating func take(_ character: Character) -> Bool {
    guard next == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func value() throws -> JSON {
    guard let byte = next else { throw fault("the text ends where a value should be") }
    switch byte {
    case UInt8(ascii: "{"): return try nested { try $0.object() }
    case UInt8(ascii: "["): return try nested { try $0.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return try number()
    }
  }

  mutating func nested(_ body: (inout JSONParser) throws -> JSON) throws -> JSON {
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw fault("nested deeper than \(Self.maximumDepth) levels")
    }
    defer { depth -= 1 }
    position += 1
    return try body(&self)
  }

  mutating func literal(_ text: StaticString, _ value: JSON) throws -> JSON {
    let length = text.utf8CodeUnitCount
    let matches =
      length <= bytes.count - position
      && (0..<length).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
    guard matches else { throw fault("an unknown word") }
    position += length
    return value
  }

  mutating func object() throws -> JSON {
    var members: [JSONMember] = []
    // Bytes, since canonically equivalent strings are equal but different keys.
    var keys: Set<[UInt8]> = []
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw fault("a key in quotes is expected") }
      let key = try string()
      guard keys.insert(Array(key.utf8)).inserted else {
        throw fault("the key \"\(key)\" stands twice")
      }
      skipSpace()
      guard take(":") else { throw fault("a colon is expected") }
      skipSpace()
      members.append(JSONMember(key, try value()))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw fault("a comma or } is expected") }
    }
  }

  mutating func array() throws -> JSON {
    var values: [JSON] = []
    skipSpace()
    if take("]") { return .array(values) }
    while true {
      skipSpace()
      values.append(try value())
      skipSpace()
      if take("]") { return .array(values) }
      guard take(",") else { throw fault("a comma or ] is expected") }
    }
  }

  mutating func number() throws -> JSON {
    let start = position
    var isInteger = true
    _ = take("-")
    let whole = digits()
    guard whole > 0 else { throw fault("a value is expected") }
    if whole > 1, bytes[position - whole] == UInt8(ascii: "0") {
      throw fault("a number with a leading zero")
    }
    if take(".") {
      isInteger = false
      guard digits() > 0 else { throw fault("a digit is expected") }
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      guard digits() > 0 else { throw fault("a digit is expected") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw fault("a number out of range") }
    return .number(value)
  }

  mutating func digits() -> Int {
    let start = position
    while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
    return position - start
  }

  mutating func string() throws -> String {
    position += 1
    let start = position
    // Most strings have no escape: take them whole.
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      guard byte >= 0x20 else { throw fault("a control character in a string") }
      position += 1
    }
    if next == UInt8(ascii: "\"") {
      let text = try validated(bytes[start..<position])
      position += 1
      return text
    }
    var unescaped = Array(bytes[start..<position])
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        let text = try unescaped.withUnsafeBytes { try validated($0[...]) }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &unescaped)
      case 0..<0x20:
        throw fault("a control character in a string")
      default:
        unescaped.append(byte)
        position += 1
      }
    }
    throw fault("a string without its closing quote")
  }

  func validated(_ slice: Slice<UnsafeRawBufferPointer>) throws -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw fault("a string that is not UTF-8")
    }
    return text
  }

  mutating func escape(into text: inout [UInt8]) throws {
    guard let byte = next else { throw fault("the text ends within a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard take("\\"), take("u") else { throw fault("half of a surrogate pair") }
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair") }
      text.append(contentsOf: String(Character(scalar)).utf8)
    default: throw fault("an unknown escape")
    }
  }

  mutating func hexadecimal() throws -> UInt32 {
    guard bytes.count - position >= 4 else { throw fault("the text ends within an escape") }
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw fault("an escape that is not hexadecimal")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
