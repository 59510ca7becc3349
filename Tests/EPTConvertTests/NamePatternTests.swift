import Testing

@testable import EPTConvert

@Suite("Patterns of tensor names take neither memory nor time without bound")
struct NamePatternTests {
  @Test(arguments: [
    "a{1,32767}", "(a{100}){100}", "((a{1,20}){1,20}){1,20}", #"(a*)*\1"#,
    String(repeating: "(", count: 100_000), "a\u{0}b", "(", "[",
  ])
  func excessIsRefused(_ pattern: String) {
    #expect(throws: ConvertError.self) { try NamePattern(pattern) }
  }

  @Test func usualOnesFit() throws {
    #expect(try NamePattern("^encoder\\.block\\.[0-9]{1,2}\\.").fits("encoder.block.11.layer"))
    #expect(try !NamePattern("a{2,3}$").fits("ba"))
  }
}
