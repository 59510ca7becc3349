/// Texts at which a written text ends, compared as bytes.
struct StopTexts {
  private let stops: [[UInt8]]

  init(_ stops: [String]) {
    self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
  }

  var isEmpty: Bool { stops.isEmpty }

  /// Bytes of the longest one.
  var longest: Int { stops.map(\.count).max() ?? 0 }

  /// Whether one of them is in `text`.
  func isIn(_ text: String) -> Bool { place(in: Array(text.utf8)) != nil }

  /// `text` up to the first of them.
  func cut(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return place(in: bytes).map { String(decoding: bytes[..<$0], as: UTF8.self) } ?? text
  }

  /// The part of `text` that no further token can change.
  ///
  /// It has no character whose bytes are incomplete, and no beginning of a stop text.
  func certain(_ text: String) -> String {
    var bytes = Array(cut(text).utf8)
    let replacement = Array("\u{FFFD}".utf8)
    while bytes.suffix(replacement.count) == replacement[...] {
      bytes.removeLast(replacement.count)
    }
    guard bytes.count == text.utf8.count, !isEmpty else {
      return String(decoding: bytes, as: UTF8.self)
    }
    for count in stride(from: min(bytes.count, longest - 1), to: 0, by: -1)
    where stops.contains(where: { $0.starts(with: bytes.suffix(count)) }) {
      bytes.removeLast(count)
      break
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Where the first of them begins.
  private func place(in bytes: [UInt8]) -> Int? {
    bytes.indices.first { start in stops.contains { bytes[start...].starts(with: $0) } }
  }
}
