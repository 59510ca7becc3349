import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// The texts that the goldens are about, made as make_goldens.py makes them.
enum Texts {
  static func sentences() throws -> [String] {
    try lines(TestPaths.fixture("tokenizers/sentences.txt"))
  }

  /// The hostile texts; ill-formed UTF-8 is replaced as Swift replaces it.
  static func hostile() throws -> [String] {
    try lines(TestPaths.fixture("tokenizers/hostile.jsonl")).map { line in
      let json = try JSON(parsing: line)
      let digits = Array(try #require(json["bytes"]?.string).utf8)
      let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
      }
      let times = try #require(json["times"]?.integer)
      return String(decoding: repeatElement(bytes, count: times).joined(), as: UTF8.self)
    }
  }

  /// Every scalar behind a letter, before one and alone.
  static func scalars(_ body: (String) throws -> Void) rethrows {
    for value in UInt32(0)..<0x11_0000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      try body("a\(Character(scalar))e \(Character(scalar))")
    }
  }

  /// The same in texts of 64 scalars.
  static func scalarRuns(_ body: (String) throws -> Void) rethrows {
    var run = ""
    var count = 0
    try scalars { text in
      run.unicodeScalars.append(contentsOf: text.unicodeScalars)
      count += 1
      if count % 64 == 0 {
        try body(run)
        run = ""
      }
    }
    try body(run)
  }

  /// Random texts.
  static func random(count: Int) -> [String] {
    var generator = SplitMix(state: 1)
    return (0..<count).map { number in
      let length = 1 + generator.below(24)
      var text = String.UnicodeScalarView()
      for _ in 0..<length {
        if number % 2 == 0 {
          text.append(contentsOf: pool[generator.below(pool.count)])
        } else {
          let bound = generator.below(2) == 0 ? 0x3000 : 0x11_0000
          let scalar = Unicode.Scalar(UInt32(generator.below(bound)))
          text.append(scalar ?? "\u{FFFD}")
        }
      }
      return String(text)
    }
  }

  /// Texts with many segmentations of equal probability.
  static func repeated() -> [String] {
    let characters = "-.=*_#~!/\\+0123456789abcdefghijklmnopqrstuvwxyz"
    var texts = characters.flatMap { character in
      (2..<60).map { String(repeating: character, count: $0) }
    }
    var generator = SplitMix(state: 2)
    let few = "-.=*_ab".map(String.init)
    for _ in 0..<10_000 {
      let length = 2 + generator.below(3)
      let part = (0..<length).map { _ in few[generator.below(few.count)] }.joined()
      texts.append(String(repeating: part, count: 2 + generator.below(18)))
    }
    return texts
  }

  /// The fields of each row of a data file: columns of a table, strings of JSON values in order.
  static func rows(_ path: String) throws -> [[String]] {
    let isJSON = path.hasSuffix(".jsonl")
    return try read(path).split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      if isJSON {
        return line.isEmpty ? [] : strings(try line.withUnsafeBytes { try JSON(parsing: $0) })
      }
      return line.split(separator: 0x09, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    }
  }

  private static func strings(_ value: JSON) -> [String] {
    if let text = value.string { return [text] }
    if let members = value.object { return members.flatMap { strings($0.value) } }
    return (value.array ?? []).flatMap { strings($0) }
  }

  private static func lines(_ path: String) throws -> [String] {
    try read(path).split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
  }

  private static let pool: [String.UnicodeScalarView] = {
    func span(_ range: Range<UInt32>) -> [String] {
      range.compactMap { Unicode.Scalar($0).map { String(Character($0)) } }
    }
    func times(_ count: Int, _ list: [String]) -> [String] {
      Array(repeatElement(list, count: count).joined())
    }
    let words = ["</s>", "<extra_id_3>", "<unk>", "[MASK]", "[SEP]"]
    let marks = ["\u{2581}", "\u{200D}", "\u{94D}", "\u{915}"]
    let odd = [
      "\u{FB01}", "\u{A9}", "\u{AC00}", "\u{302E}", "\u{1BAA}", "\u{1D165}", "\r\n", "\u{1F1E6}",
    ]
    let all =
      span(0..<0x180) + span(0x300..<0x350) + span(0x2000..<0x2070)
      + times(20, "aeiou., ".map(String.init)) + times(4, words + marks) + times(4, odd)
      + times(8, ["the", "ing", "un", " of"])
    return all.map(\.unicodeScalars)
  }()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  mutating func below(_ bound: Int) -> Int {
    Int(next() % UInt64(bound))
  }
}
