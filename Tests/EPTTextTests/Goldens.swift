import EPTFormat
import EPTTestSupport
import EPTText
import Foundation
import Testing

/// What the reference gives (fixtures/tokenizers/make_goldens.py).
struct Golden {
  /// Ids, or of many their number and hash.
  enum IDs: Equatable {
    case full([Int32])
    case hashed(count: Int, hash: String)

    /// What the golden file holds for `ids`.
    init(_ ids: [Int32]) {
      if ids.count <= 300 {
        self = .full(ids)
      } else {
        var hash = UnitHash()
        hash.add(ids)
        self = .hashed(count: ids.count, hash: hash.hex)
      }
    }
  }

  private let json: JSON

  init(_ name: String) throws {
    let bytes = try read(TestPaths.fixture("tokenizers/golden/\(name).json"))
    json = try bytes.withUnsafeBytes { try JSON(parsing: $0) }
  }

  func ids(_ key: String) throws -> [IDs] {
    try #require(json[key]?.array).map { entry in
      if let list = entry.array { return .full(list.compactMap { $0.integer.map(Int32.init) }) }
      return .hashed(
        count: try #require(entry["count"]?.integer), hash: try #require(entry["hash"]?.string))
    }
  }

  func has(_ key: String) -> Bool { json[key] != nil }

  func blocks(_ key: String) throws -> [String] {
    try #require(json[key]?.array).compactMap(\.string)
  }

  /// The blocks of each file.
  func files(_ key: String) throws -> [(name: String, blocks: [String])] {
    try #require(json[key]?.object).map { member in
      (member.key, try #require(member.value.array).compactMap(\.string))
    }
  }
}

/// FNV-1a, 64 bits, over 32-bit units.
struct UnitHash {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ unit: UInt32) {
    value = (value ^ UInt64(unit)) &* 0x100_0000_01B3
  }

  mutating func add(_ ids: [Int32]) {
    for id in ids { add(UInt32(bitPattern: id)) }
  }

  var hex: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Hashes of consecutive blocks of encodings.
struct BlockHashes {
  private(set) var finished: [String] = []
  private var current = UnitHash()
  private var count = 0
  private let size: Int

  init(size: Int) {
    self.size = size
  }

  mutating func add(_ ids: [Int32], tokenTypeIDs: [UInt8]? = nil) {
    current.add(ids)
    current.add(.max)
    if let tokenTypeIDs {
      for tokenTypeID in tokenTypeIDs { current.add(UInt32(tokenTypeID)) }
      current.add(.max)
    }
    step()
  }

  mutating func add(scalars text: String) {
    for scalar in text.unicodeScalars { current.add(scalar.value) }
    current.add(.max)
    step()
  }

  private mutating func step() {
    count += 1
    if count % size == 0 { finish() }
  }

  private mutating func finish() {
    finished.append(current.hex)
    current = UnitHash()
  }

  /// All blocks, the last of which may be shorter.
  mutating func all() -> [String] {
    if count % size != 0 { finish() }
    return finished
  }
}

/// Fails naming the first block that differs.
func expectEqual(
  _ actual: [String], _ expected: [String], _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let different = zip(actual, expected).enumerated().first { $0.element.0 != $0.element.1 }
  #expect(
    different == nil && actual.count == expected.count,
    "\(what): block \(different?.offset ?? -1) of \(expected.count) (\(actual.count) made)",
    sourceLocation: sourceLocation)
}
