/// The patterns of a tokenizer in its tables, by number.
struct PatternTables: Sendable {
  private var patterns: [Pattern] = []

  /// Reads the patterns, if there are any.
  ///
  /// - Throws: `TextError.invalid`.
  init(_ reader: TableReader) throws {
    guard reader.has(.patternHeaders) else { return }
    let headers = try reader.values(.patternHeaders, of: UInt32.self)
    let index = try reader.values(.patternIndex, of: UInt16.self)
    let values = try reader.values(.patternClasses, of: UInt8.self)
    let transitions = try reader.values(.patternTransitions, of: UInt16.self)
    let blocks = ScalarTable<UInt8>.blocks
    // The greatest class of each block.
    let greatest = stride(from: 0, to: values.count, by: 256).map { start in
      values[start..<min(start + 256, values.count)].max() ?? 0
    }
    guard headers.count % 3 == 0, index.count == headers.count / 3 * blocks else {
      throw TableReader.fault("the patterns do not fit")
    }
    for number in 0..<headers.count / 3 {
      let (classes, first, count) =
        (Int(headers[3 * number]), Int(headers[3 * number + 1]), Int(headers[3 * number + 2]))
      let rows = UnsafeBufferPointer(rebasing: index[number * blocks..<(number + 1) * blocks])
      guard first <= transitions.count, count <= transitions.count - first,
        let table = ScalarTable(index: rows, values: values),
        let pattern = Pattern(
          classes: table, greatestClass: rows.map({ greatest[Int($0)] }).max() ?? 0,
          classCount: classes,
          transitions: UnsafeBufferPointer(rebasing: transitions[first..<first + count]))
      else { throw TableReader.fault("a pattern does not fit") }
      patterns.append(pattern)
    }
  }

  /// - Throws: `TextError.invalid` if there is no such pattern.
  func pattern(_ number: UInt32) throws -> Pattern {
    guard number < patterns.count else { throw TableReader.fault("a pattern is missing") }
    return patterns[Int(number)]
  }
}

/// Puts patterns into tables, equal ones once.
struct PatternTablesBuilder {
  private var expressions: [PatternNode] = []
  private var headers: [UInt32] = []
  private var index: [UInt16] = []
  private var classes: [UInt8] = []
  private var transitions: [UInt16] = []

  /// The number of the pattern for `node`.
  ///
  /// - Throws: `PatternSyntax.Fault`.
  mutating func number(of node: PatternNode) throws -> UInt32 {
    if let known = expressions.firstIndex(of: node) { return UInt32(known) }
    let compiler = try PatternCompiler(node)
    let table = ScalarTableBuilder(compiler.classes)
    let first = classes.count / 256
    guard first + table.values.count / 256 <= UInt16.max else {
      throw PatternSyntax.Fault(reason: "one pattern too many")
    }
    index += table.index.map { $0 + UInt16(first) }
    classes += table.values
    headers += [UInt32(compiler.classCount), UInt32(transitions.count)]
    headers.append(UInt32(compiler.transitions.count))
    transitions += compiler.transitions
    expressions.append(node)
    return UInt32(expressions.count - 1)
  }

  func add(to writer: inout TableWriter) {
    guard !expressions.isEmpty else { return }
    writer.add(.patternHeaders, values: headers)
    writer.add(.patternIndex, values: index)
    writer.add(.patternClasses, classes)
    writer.add(.patternTransitions, values: transitions)
  }
}
