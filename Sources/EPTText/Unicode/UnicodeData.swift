/// Character properties as the reference tokenizers see them, as text; read only when a
/// tokenizer is compiled.
///
/// The constants are in the files beside this one. All numbers are hexadecimal:
/// - properties: `first-last` or `single`, separated by white space;
/// - classes: the same with `:class` after each;
/// - mappings: `first-last>image`, where the image grows with the source, `first-last/2>image` for
///   every second scalar, or `single>image+image`.
enum UnicodeData {
  /// The scalars of a property, as runs.
  static func runs(_ text: String) -> [ClosedRange<UInt32>] {
    text.split(whereSeparator: \.isWhitespace).compactMap { range($0) }
  }

  /// The class of each scalar that has one.
  static func classes(_ text: String) -> [UInt32: Substring] {
    var result: [UInt32: Substring] = [:]
    for word in text.split(whereSeparator: \.isWhitespace) {
      let parts = word.split(separator: ":")
      guard parts.count == 2, let run = range(parts[0]) else { continue }
      for scalar in run { result[scalar] = parts[1] }
    }
    return result
  }

  /// The image of each scalar that has one.
  static func mapping(_ text: String) -> [UInt32: [UInt32]] {
    var result: [UInt32: [UInt32]] = [:]
    for word in text.split(whereSeparator: \.isWhitespace) {
      let parts = word.split(separator: ">")
      guard parts.count == 2 else { continue }
      let source = parts[0].split(separator: "/")
      let image = parts[1].split(separator: "+").compactMap { UInt32($0, radix: 16) }
      guard let run = range(source[0]), let first = image.first else { continue }
      for scalar in stride(from: run.lowerBound, through: run.upperBound, by: source.count) {
        result[scalar] = [first + (scalar - run.lowerBound)] + image.dropFirst()
      }
    }
    return result
  }

  private static func range(_ text: Substring) -> ClosedRange<UInt32>? {
    let ends = text.split(separator: "-").compactMap { UInt32($0, radix: 16) }
    guard let first = ends.first, let last = ends.last, first <= last else { return nil }
    return first...last
  }
}
