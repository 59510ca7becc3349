/// The canonical forms of Unicode (UAX #15): NFD, and NFC where it composes.
struct CanonicalForm: @unchecked Sendable {
  /// A scalar that begins a sequence and is in both forms already.
  private static let stable: UInt8 = 0
  /// One that begins a sequence and is in NFC already, but not in NFD.
  private static let composite: UInt8 = 254
  /// One of combining class 0 that changes, or may join what stands before it.
  private static let changing: UInt8 = 255
  // Everything else is a mark's combining class, 240 at most.

  private let composes: Bool
  private let classes: ScalarTable<UInt8>
  private let decompositions: ScalarMap
  /// Of each pair that joins its first and second part and what they become, in order.
  private let pairs: UnsafeBufferPointer<UInt32>

  /// How many times as long a text can become.
  var growth: Double { decompositions.growth }

  init?(
    composes: Bool, classes: ScalarTable<UInt8>, decompositions: ScalarMap,
    pairs: UnsafeBufferPointer<UInt32>
  ) {
    // Composition makes nothing longer.
    func length(_ scalar: UInt32) -> Int { UTF8Scalar.encode(scalar).count }
    guard pairs.count % 3 == 0,
      stride(from: 0, to: pairs.count, by: 3).allSatisfy({
        length(pairs[$0 + 2]) <= length(pairs[$0]) + length(pairs[$0 + 1])
      })
    else { return nil }
    self.composes = composes
    self.classes = classes
    self.decompositions = decompositions
    self.pairs = pairs
  }

  /// Appends the form of `input`.
  func apply(_ input: UnsafeBufferPointer<UInt8>, to output: inout ByteBuffer) {
    guard let bytes = input.baseAddress else { return }
    var (position, sequence, copied) = (0, 0, 0)
    while position < input.count {
      guard bytes[position] >= 0x80 else {
        sequence = position
        position += 1
        continue
      }
      let scalar = UTF8Scalar(bytes, at: position, end: input.count)
      if isSettled(classes[scalar.value]) {
        sequence = position
        position += scalar.length
        continue
      }
      position += scalar.length
      while position < input.count {
        let scalar = UTF8Scalar(bytes, at: position, end: input.count)
        if isSettled(classes[scalar.value]) { break }
        position += scalar.length
      }
      output.append(bytes + copied, count: sequence - copied)
      append(bytes, from: sequence, to: position, to: &output)
      (sequence, copied) = (position, position)
    }
    output.append(bytes + copied, count: input.count - copied)
  }

  @inline(__always)
  private func isSettled(_ value: UInt8) -> Bool {
    value == Self.stable || composes && value == Self.composite
  }

  private func combiningClass(_ scalar: UInt32) -> UInt8 {
    let value = classes[scalar]
    return value < Self.composite ? value : 0
  }

  /// Appends the form of one sequence.
  private func append(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, to output: inout ByteBuffer
  ) {
    var scalars: [(scalar: UInt32, order: UInt8)] = []
    var position = start
    while position < end {
      let scalar = UTF8Scalar(bytes, at: position, end: end)
      position += scalar.length
      for part in decomposed(scalar.value) { scalars.append((part, combiningClass(part))) }
    }
    sortMarks(&scalars)
    for scalar in composes ? composed(scalars) : scalars.map(\.scalar) {
      for byte in UTF8Scalar.encode(scalar) { output.append(byte) }
    }
  }

  private func decomposed(_ scalar: UInt32) -> [UInt32] {
    if Hangul.syllables.contains(scalar) {
      let jamo = Hangul.decompose(scalar)
      return [jamo.leading, jamo.vowel] + (jamo.trailing == 0 ? [] : [jamo.trailing])
    }
    guard let text = decompositions.replacement(of: scalar), let base = text.baseAddress else {
      return [scalar]
    }
    var parts: [UInt32] = []
    var position = 0
    while position < text.count {
      let part = UTF8Scalar(base, at: position, end: text.count)
      parts.append(part.value)
      position += part.length
    }
    return parts
  }

  /// Puts the marks of each run in the order of their classes.
  private func sortMarks(_ scalars: inout [(scalar: UInt32, order: UInt8)]) {
    var start = 0
    while start < scalars.count {
      var end = start
      while end < scalars.count, scalars[end].order != 0 { end += 1 }
      if end - start > 1 {
        let run = scalars[start..<end].enumerated().sorted {
          ($0.element.order, $0.offset) < ($1.element.order, $1.offset)
        }
        for (index, item) in run.enumerated() { scalars[start + index] = item.element }
      }
      start = end + 1
    }
  }

  private func composed(_ scalars: [(scalar: UInt32, order: UInt8)]) -> [UInt32] {
    var result: [UInt32] = []
    var starter: Int?
    var last: UInt8 = 0
    for (scalar, order) in scalars {
      if let starter, last == 0 || last < order, let joined = join(result[starter], scalar) {
        result[starter] = joined
        continue
      }
      if order == 0 { starter = result.count }
      last = order
      result.append(scalar)
    }
    return result
  }

  private func join(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if let syllable = Hangul.compose(first, second) { return syllable }
    var (low, high) = (0, pairs.count / 3)
    while low < high {
      let middle = (low + high) / 2
      let pair = (pairs[3 * middle], pairs[3 * middle + 1])
      if pair == (first, second) { return pairs[3 * middle + 2] }
      if pair < (first, second) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return nil
  }
}

extension CanonicalForm {
  /// Adds the sections that the forms need, apart from the decompositions.
  static func addTables(to writer: inout TableWriter) {
    var classes = [UInt8](repeating: stable, count: 0x11_0000)
    let decompositions = UnicodeData.mapping(UnicodeData.decompositions)
    let compositions = UnicodeData.mapping(UnicodeData.compositions)
    for scalar in decompositions.keys {
      classes[Int(scalar)] = compositions[scalar] == nil ? changing : composite
    }
    for syllable in Hangul.syllables { classes[Int(syllable)] = composite }
    for pair in compositions.values { classes[Int(pair[1])] = changing }
    for jamo in Hangul.following.joined() { classes[Int(jamo)] = changing }
    for (scalar, text) in UnicodeData.classes(UnicodeData.combiningClasses) {
      classes[Int(scalar)] = UInt8(text) ?? changing
    }
    let stages = ScalarTableBuilder(classes)
    writer.add(.canonicalIndex, values: stages.index)
    writer.add(.canonicalClasses, stages.values)
    let pairs = compositions.map { [$1[0], $1[1], $0] }.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
    writer.add(.canonicalPairs, values: Array(pairs.joined()))
  }

  /// Reads a form whose decompositions are scalar map `map`.
  ///
  /// - Throws: `TextError.invalid`.
  init(composes: Bool, map: UInt32, _ reader: TableReader) throws {
    guard
      let classes = ScalarTable(
        index: try reader.values(.canonicalIndex, of: UInt16.self),
        values: try reader.values(.canonicalClasses, of: UInt8.self)),
      let form = CanonicalForm(
        composes: composes, classes: classes, decompositions: try ScalarMap(map, reader),
        pairs: try reader.values(.canonicalPairs, of: UInt32.self))
    else { throw TableReader.fault("the canonical form does not fit") }
    self = form
  }
}
