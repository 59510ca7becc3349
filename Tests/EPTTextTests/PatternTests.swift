import Testing

@testable import EPTText

@Suite("Patterns")
struct PatternTests {
  /// Opens the automaton of an expression.
  private func withPattern<Result>(
    _ expression: String, _ body: (Pattern) throws -> Result
  ) throws -> Result {
    var builder = PatternTablesBuilder()
    #expect(try builder.number(of: PatternSyntax.read(expression)) == 0)
    var writer = TableWriter()
    builder.add(to: &writer)
    let copy = writer.bytes(kind: .bytePair).withUnsafeBytes { AlignedBytes(copying: $0) }
    return try withExtendedLifetime(copy) {
      let reader = try TableReader(copy.bytes, keeping: copy)
      return try body(try PatternTables(reader).pattern(0))
    }
  }

  private func parts(_ text: String, _ pattern: Pattern, _ behavior: Split.Behavior) -> [String] {
    var text = text
    return text.withUTF8 { bytes in
      guard let base = bytes.baseAddress else { return [] }
      var parts: [String] = []
      Split(pattern: pattern, behavior: behavior, isInverted: false)
        .cut(base, from: 0, to: bytes.count) {
          parts.append(String(decoding: bytes[$0..<$1], as: UTF8.self))
        }
      return parts
    }
  }

  @Test("The first alternative that fits counts, as far as it goes")
  func alternatives() throws {
    try withPattern("ab|abc|b+c?") {
      #expect(parts("abcbbbcab", $0, .isolated) == ["ab", "c", "bbbc", "ab"])
    }
    try withPattern("(?:a|ab)(?:c|bcd)x?") {
      #expect(parts("abcdx", $0, .isolated) == ["abcdx"])
      #expect(parts("abcx", $0, .isolated) == ["abcx"])
    }
  }

  @Test("White space before a word is not taken with the rest of it")
  func lookAhead() throws {
    try withPattern(PreTokenizerStep.byteLevelExpression) {
      #expect(parts("a   b's  \n", $0, .isolated) == ["a", "  ", " b", "'s", "  \n"])
      #expect(parts("  ", $0, .isolated) == ["  "])
    }
    try withPattern("a(?=b)|.") {
      #expect(parts("abaa", $0, .isolated) == ["a", "b", "a", "a"])
    }
  }

  @Test("Counted repetition is greedy and bounded")
  func counts() throws {
    try withPattern(#"\p{N}{1,3}"#) {
      #expect(parts("1234567x12", $0, .isolated) == ["123", "456", "7", "x", "12"])
    }
    try withPattern("x{2,}") {
      #expect(parts("x xx xxxxx", $0, .isolated) == ["x ", "xx", " ", "xxxxx"])
    }
  }

  @Test("Case is ignored as the reference does")
  func ignoredCase() throws {
    try withPattern("(?i:'s|'ve)") {
      #expect(parts("a'S'\u{17F}'Ve", $0, .isolated) == ["a", "'S", "'\u{17F}", "'Ve"])
    }
  }

  @Test("What becomes of matches")
  func behaviors() throws {
    try withPattern("-") {
      let text = "the-final--countdown-"
      #expect(parts(text, $0, .removed) == ["the", "final", "countdown"])
      #expect(
        parts(text, $0, .isolated) == ["the", "-", "final", "-", "-", "countdown", "-"])
      #expect(parts(text, $0, .mergedWithPrevious) == ["the-", "final-", "-", "countdown-"])
      #expect(parts(text, $0, .mergedWithNext) == ["the", "-final", "-", "-countdown", "-"])
      #expect(parts(text, $0, .contiguous) == ["the", "-", "final", "--", "countdown", "-"])
    }
  }

  @Test(
    "What is not understood is refused, and nothing traps",
    arguments: [
      "a*", "", "a|", "(a", "a)", "[a", "[z-a]", "a{3,1}", "a{999}", "a{", "*a", "a++", "a+?", "^a",
      "a$", #"\d"#, #"\b"#, #"\p{Greek}"#, #"\p"#, "\\", "(?<n>a)", "(?!ab)c", "[[:alpha:]]",
      "[a&&b]", "(?=a)*b", "((((((((((((((((((((((a))))))))))))))))))))))",
      "(?:(?:a{100}){100}){100}",
    ])
  func refused(_ expression: String) {
    #expect(throws: PatternSyntax.Fault.self) {
      _ = try PatternCompiler(PatternSyntax.read(expression))
    }
  }

  @Test("Any noise is refused or compiled")
  func noise() {
    var generator = SplitMix(state: 11)
    let signs = Array(#"ab()[]{}|?*+\-^$.,19psSnL!:=i"#)
    for _ in 0..<300 {
      let text = String(
        (0..<1 + generator.below(12)).map { _ in signs[generator.below(signs.count)] })
      do {
        let compiler = try PatternCompiler(PatternSyntax.read(text))
        #expect(compiler.transitions.count % (compiler.classCount + 1) == 0)
      } catch {
        #expect(error is PatternSyntax.Fault)
      }
    }
  }
}
