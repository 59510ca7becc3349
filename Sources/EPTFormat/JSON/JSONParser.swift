extension JSON {
  /// Reads exactly one value from `bytes` (UTF-8), with nothing but white space around it.
  ///
  /// Stricter than most readers: an object with the same key twice is refused, since parsers
  /// disagree on which one counts, and nesting is bounded.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - memory: Bytes that the values may take, as a byte of text can become 24 of them; nil for what
  ///     suits the text's own size.
  /// - Throws: `JSONError`.
  public init(parsing bytes: UnsafeRawBufferPointer, memory: Int? = nil) throws {
    var parser = JSONParser(
      bytes: bytes, memory: memory ?? JSONParser.memory(forFileOf: bytes.count))
    self = try parser.document { try $0.value() }
  }

  /// Reads exactly one value from `text`.
  ///
  /// - Throws: `JSONError`.
  public init(parsing text: String) throws {
    var text = text
    self = try text.withUTF8 { try JSON(parsing: UnsafeRawBufferPointer($0)) }
  }
}

/// Reads JSON as `JSON` does, for those too who do not want all of it in memory.
struct JSONParser {
  private static let maximumDepth = 128

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var depth = 0
  /// Bytes of memory that what is still to be read may take.
  private var memory: Int

  init(bytes: UnsafeRawBufferPointer, memory: Int = .max) {
    self.bytes = bytes
    self.memory = memory
  }

  /// What the values of a file of `size` bytes may take: with the rest, four times the file.
  ///
  /// Small files have more, since thousands of labels may stand beside few numbers.
  static func memory(forFileOf size: Int) -> Int {
    max(8 << 20, 3 * size)
  }

  /// Counts one more element of an array, whose memory doubles where it is full, or of a set or
  /// dictionary, which have `places` for each.
  mutating func count<Element>(_: Element.Type, places: Int = 1) throws {
    try count(bytes: 3 * places * MemoryLayout<Element>.stride)
  }

  private mutating func count(bytes: Int) throws {
    guard bytes <= memory else { throw fault("more values than the size of the file allows") }
    memory -= bytes
  }

  /// Reads the text, which is the one value that `body` reads.
  mutating func document<Value>(_ body: (inout JSONParser) throws -> Value) throws -> Value {
    skipSpace()
    let value = try body(&self)
    skipSpace()
    guard position == bytes.count else { throw fault("more text after the value") }
    return value
  }

  /// Reads a value of which only a scalar is kept; nil for an array or an object, in which keys may
  /// stand twice.
  mutating func scalar() throws -> JSON? {
    if try elements({ _ = try $0.scalar() }) { return nil }
    if try members({ parser, _ in _ = try parser.scalar() }) { return nil }
    return try value()
  }

  /// Reads an object, of whose members `body` reads the values; false, with nothing read, where
  /// something else stands here.
  mutating func members(_ body: (inout JSONParser, String) throws -> Void) throws -> Bool {
    guard next == UInt8(ascii: "{") else { return false }
    try list(to: "}") { parser in
      guard parser.next == UInt8(ascii: "\"") else {
        throw parser.fault("a key in quotes is expected")
      }
      let key = try parser.string()
      parser.skipSpace()
      guard parser.take(":") else { throw parser.fault("a colon is expected") }
      parser.skipSpace()
      try body(&parser, key)
    }
    return true
  }

  /// Reads an array, whose elements `body` reads; false, with nothing read, where something else
  /// stands here.
  mutating func elements(_ body: (inout JSONParser) throws -> Void) throws -> Bool {
    guard next == UInt8(ascii: "[") else { return false }
    try list(to: "]", body)
    return true
  }

  private func fault(_ reason: String) -> JSONError {
    JSONError(offset: position, reason: reason)
  }

  /// The fault that `key` stands in an object that has it already.
  func repeated(_ key: String) -> JSONError {
    fault("the key \"\(key)\" stands twice")
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func take(_ character: Character) -> Bool {
    guard next == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func value() throws -> JSON {
    guard let byte = next else { throw fault("the text ends where a value should be") }
    switch byte {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return try number()
    }
  }

  /// Reads what stands between brackets, from the opening one to `close`; `item` reads what stands
  /// between commas.
  private mutating func list(
    to close: Character, _ item: (inout JSONParser) throws -> Void
  ) throws {
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw fault("nested deeper than \(Self.maximumDepth) levels")
    }
    defer { depth -= 1 }
    position += 1
    skipSpace()
    if take(close) { return }
    while true {
      skipSpace()
      try item(&self)
      skipSpace()
      if take(close) { return }
      guard take(",") else { throw fault("a comma or \(close) is expected") }
    }
  }

  private mutating func literal(_ text: StaticString, _ value: JSON) throws -> JSON {
    let length = text.utf8CodeUnitCount
    let matches =
      length <= bytes.count - position
      && (0..<length).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
    guard matches else { throw fault("an unknown word") }
    position += length
    return value
  }

  private mutating func object() throws -> JSON {
    var members: [JSONMember] = []
    // Bytes, since canonically equivalent strings are equal but different keys.
    var keys: Set<[UInt8]> = []
    _ = try self.members { parser, key in
      try parser.count(JSONMember.self)
      try parser.count([UInt8].self, places: 2)
      // Each key has memory of its own.
      try parser.count(bytes: 48 + key.utf8.count)
      guard keys.insert(Array(key.utf8)).inserted else { throw parser.repeated(key) }
      members.append(JSONMember(key, try parser.value()))
    }
    return .object(members)
  }

  private mutating func array() throws -> JSON {
    var values: [JSON] = []
    _ = try elements { parser in
      try parser.count(JSON.self)
      values.append(try parser.value())
    }
    return .array(values)
  }

  private mutating func number() throws -> JSON {
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

  private mutating func digits() -> Int {
    let start = position
    while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
    return position - start
  }

  private mutating func string() throws -> String {
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

  private mutating func validated(_ slice: Slice<UnsafeRawBufferPointer>) throws -> String {
    // Up to 15 bytes stand in the string itself.
    if slice.count > 15 { try count(bytes: 48 + slice.count) }
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw fault("a string that is not UTF-8")
    }
    return text
  }

  private mutating func escape(into text: inout [UInt8]) throws {
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

  private mutating func hexadecimal() throws -> UInt32 {
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
