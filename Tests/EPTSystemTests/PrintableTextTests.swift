import Testing

@testable import EPTSystem

@Suite("What is shown is one line without control characters")
struct PrintableTextTests {
  @Test(arguments: [
    ("plain", "plain"), ("a\u{1B}[31m", "a\\u{1b}[31m"), ("a\nb", "a\\u{a}b"),
    ("\u{202E}abc", "\\u{202e}abc"), ("\u{2028}", "\\u{2028}"), ("\u{9B}", "\\u{9b}"),
    ("\u{7F}", "\\u{7f}"), ("caf\u{E9}", "caf\u{E9}"),
  ])
  func escapes(_ text: String, _ shown: String) {
    #expect(text.printable == shown)
  }

  @Test func longTextsAreCut() {
    #expect(String(repeating: "a", count: 5_000).printable.count == 2_000)
  }

  @Test func everyErrorIsOneLine() {
    let path = "a\nb"
    let errors: [SystemError] = [
      .system(operation: .open, path: path, reason: "x"), .missingFile(path: path, hint: "x"),
      .truncated(path: path, have: 1, expected: 2), .outputExists(path: path),
      .outputIsInput(path: path, input: path), .outputIsInput(path: path, input: "c"),
      .outputInUse(path: path), .changed(path: path), .outOfMemory(purpose: path, bytes: 1),
      .noThread(purpose: path, reason: "x"),
    ]
    for error in errors {
      #expect(!"\(error)".contains("\n") && !"\(error)".contains("--"))
    }
  }
}
