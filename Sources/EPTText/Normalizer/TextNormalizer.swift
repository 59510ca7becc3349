/// The steps that change a text before it is cut into words.
struct TextNormalizer: @unchecked Sendable {
  /// One step.
  enum Step {
    case characterMap(CharacterMap)
    /// Removes white space at the ends.
    case strip(left: Bool, right: Bool)
    /// Puts `content` in place of each `pattern`.
    case replace(pattern: UnsafeBufferPointer<UInt8>, content: UnsafeBufferPointer<UInt8>)
    /// Puts `content` in place of each run of two or more spaces.
    case replaceSpaces(content: UnsafeBufferPointer<UInt8>)
    case scalars(ScalarMap)
    case canonical(CanonicalForm)
    /// Puts `content` in place of each match.
    case replaceMatches(Pattern, content: UnsafeBufferPointer<UInt8>)
    /// Puts `content` in front of a text that is not empty.
    case prepend(UnsafeBufferPointer<UInt8>)

    /// How many times as long a text can become.
    var growth: Double {
      switch self {
      case .characterMap(let map): Double(map.longestText)
      case .strip: 1
      case .replace(let pattern, let content):
        max(1, Double(content.count) / Double(max(pattern.count, 1)))
      case .replaceSpaces(let content): max(1, Double(content.count) / 2)
      case .scalars(let map): map.growth
      case .canonical(let form): form.growth
      case .replaceMatches(_, let content): max(1, Double(content.count))
      case .prepend(let content): 1 + Double(content.count)
      }
    }
  }

  /// The first of each group of five values in the flat form.
  enum StepKind: UInt32 {
    case characterMap = 1
    /// Arguments: left, right.
    case strip = 2
    /// Arguments: offset and length of the pattern, of the content.
    case replace = 3
    /// Arguments: offset and length of the content.
    case replaceSpaces = 4
    /// Argument: number of the scalar map.
    case scalars = 5
    /// Arguments: whether it composes, number of the scalar map of decompositions.
    case canonical = 6
    /// Arguments: number of the pattern, offset and length of the content.
    case replaceMatches = 7
    /// Arguments: offset and length of the content.
    case prepend = 8
  }

  /// No text may become more than this many times as long.
  ///
  /// A chain of steps that each double it would ask for any amount of memory. Those of checkpoints stay
  /// below 150.
  static let greatestGrowth = 256.0

  let steps: [Step]

  /// How many times as long a text can become.
  var growth: Double { steps.reduce(1) { $0 * $1.growth } }

  /// Whether texts stay as they are.
  var isIdentity: Bool { steps.isEmpty }

  /// Replaces the content of `output` by the normalized `input`.
  func apply(
    _ input: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer, spare: inout ByteBuffer
  ) {
    output.removeAll()
    guard let first = steps.first else {
      if let base = input.baseAddress { output.append(base, count: input.count) }
      return
    }
    Self.apply(first, input, to: &output)
    for step in steps.dropFirst() {
      swap(&output, &spare)
      output.removeAll()
      Self.apply(step, spare.bytes, to: &output)
    }
  }

  private static func apply(
    _ step: Step, _ input: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer
  ) {
    guard let bytes = input.baseAddress else { return }
    switch step {
    case .characterMap(let map):
      map.apply(input, to: &output)
    case .strip(let left, let right):
      let start = left ? AddedTokens.trimStart(bytes, from: 0, to: input.count) : 0
      let end = right ? AddedTokens.trimEnd(bytes, from: start, to: input.count) : input.count
      output.append(bytes + start, count: end - start)
    case .replace(let pattern, let content):
      var position = 0
      while position < input.count {
        if matches(pattern, bytes, from: position, to: input.count) {
          if let base = content.baseAddress { output.append(base, count: content.count) }
          position += pattern.count
        } else {
          output.append(bytes[position])
          position += 1
        }
      }
    case .replaceSpaces(let content):
      var position = 0
      while position < input.count {
        var end = position
        while end < input.count, bytes[end] == 0x20 { end += 1 }
        if end - position >= 2 {
          if let base = content.baseAddress { output.append(base, count: content.count) }
          position = end
        } else {
          output.append(bytes[position])
          position += 1
        }
      }
    case .scalars(let map): map.apply(input, to: &output)
    case .canonical(let form): form.apply(input, to: &output)
    case .replaceMatches(let pattern, let content):
      replace(pattern, by: content, in: input, to: &output)
    case .prepend(let content):
      if let base = content.baseAddress, !input.isEmpty {
        output.append(base, count: content.count)
      }
      output.append(bytes, count: input.count)
    }
  }

  private static func replace(
    _ pattern: Pattern, by content: UnsafeBufferPointer<UInt8>,
    in input: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer
  ) {
    guard let bytes = input.baseAddress else { return }
    var position = 0
    while position < input.count {
      let end = pattern.match(bytes, from: position, to: input.count)
      if end > position {
        if let base = content.baseAddress { output.append(base, count: content.count) }
        position = end
      } else {
        let length = UTF8Scalar.length(lead: bytes[position], limit: input.count - position)
        output.append(bytes + position, count: length)
        position += length
      }
    }
  }

  private static func matches(
    _ pattern: UnsafeBufferPointer<UInt8>, _ bytes: UnsafePointer<UInt8>, from start: Int,
    to end: Int
  ) -> Bool {
    guard !pattern.isEmpty, pattern.count <= end - start else { return false }
    return pattern.indices.allSatisfy { pattern[$0] == bytes[start + $0] }
  }
}
