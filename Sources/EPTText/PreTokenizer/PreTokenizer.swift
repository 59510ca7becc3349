/// Cuts a normalized text into the words that a model gets: steps, each of which works on the parts that
/// the one before it made.
struct PreTokenizer: Sendable {
  /// One step.
  enum Step: Sendable {
    case split(Split)
    /// Puts a space in front of what does not begin with one.
    case prefixSpace
    case metaspace(Metaspace)

    /// Whether it makes a text of its own.
    fileprivate var copies: Bool {
      if case .split = self { return false }
      return true
    }
  }

  /// The first of each group of three values in the flat form.
  enum StepKind: UInt32 {
    /// Arguments: number of the pattern; behavior, and 256 where it is inverted.
    case split = 1
    case prefixSpace = 2
    /// Arguments: scalar; prepending, and 256 where it splits.
    case metaspace = 3
  }

  /// Added to a second argument.
  static let flag: UInt32 = 256

  private let steps: [Step]

  /// Calls `body` with each word of `start..<end`, which may lie in `spare`.
  ///
  /// `isFirst` says whether it is the very beginning of a text.
  func cut(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, isFirst: Bool,
    spare: inout ByteBuffer, _ body: (UnsafePointer<UInt8>, Int, Int) -> Void
  ) {
    cut(steps[...], bytes, start, end, isFirst, &spare, body)
  }

  private func cut(
    _ steps: ArraySlice<Step>, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int,
    _ isFirst: Bool, _ spare: inout ByteBuffer,
    _ body: (UnsafePointer<UInt8>, Int, Int) -> Void
  ) {
    guard end > start else { return }
    guard let step = steps.first else {
      body(bytes, start, end)
      return
    }
    let rest = steps.dropFirst()
    switch step {
    case .split(let split):
      if rest.isEmpty {
        split.cut(bytes, from: start, to: end) { body(bytes, $0, $1) }
      } else {
        split.cut(bytes, from: start, to: end) {
          cut(rest, bytes, $0, $1, isFirst && $0 == start, &spare, body)
        }
      }
    case .prefixSpace:
      guard bytes[start] != 0x20 else {
        cut(rest, bytes, start, end, isFirst, &spare, body)
        return
      }
      spare.removeAll()
      spare.append(0x20)
      spare.append(bytes + start, count: end - start)
      cut(rest, UnsafePointer(spare.base), 0, spare.count, isFirst, &spare, body)
    case .metaspace(let metaspace):
      metaspace.cut(bytes, from: start, to: end, isFirst: isFirst, word: &spare, body)
    }
  }
}

extension PreTokenizer {
  /// Reads the steps.
  ///
  /// - Throws: `TextError.invalid`.
  init(_ reader: TableReader) throws {
    let values = try reader.values(.preTokenizerSteps, of: UInt32.self)
    let patterns = try PatternTables(reader)
    guard values.count % 3 == 0 else { throw TableReader.fault("a pre-tokenizer step is cut") }
    steps = try stride(from: 0, to: values.count, by: 3).map { start in
      let (first, second) = (values[start + 1], values[start + 2] % Self.flag)
      let isSet = values[start + 2] >= Self.flag
      switch StepKind(rawValue: values[start]) {
      case .split:
        guard let behavior = Split.Behavior(rawValue: second) else { break }
        return .split(
          Split(pattern: try patterns.pattern(first), behavior: behavior, isInverted: isSet))
      case .prefixSpace: return .prefixSpace
      case .metaspace:
        guard let scalar = Unicode.Scalar(first),
          let prepending = Metaspace.Prepending(rawValue: second)
        else { break }
        return .metaspace(Metaspace(scalar: scalar, prepending: prepending, splits: isSet))
      case nil: break
      }
      throw TableReader.fault("a pre-tokenizer step is unknown")
    }
    // There is room for one text beside the given one, and metaspaces end the work.
    guard steps.count(where: \.copies) <= 1,
      !steps.dropLast().contains(where: { if case .metaspace = $0 { true } else { false } })
    else { throw TableReader.fault("the pre-tokenizer's steps are in a wrong order") }
  }
}
