import EPTTestSupport
import Testing

@testable import EPTTask

@Suite("Texts are cut into words whose places are right")
struct WordTextTests {
  /// What the places of a text's words hold.
  private func cut(_ text: WordText) -> [String] {
    let scalars = Array(text.text.unicodeScalars)
    return text.places.map { place in
      var word = ""
      word.unicodeScalars.append(contentsOf: scalars[place])
      return word
    }
  }

  @Test(
    arguments: [
      ("Ada lives in London.", ["Ada", "lives", "in", "London", "."]),
      ("\"Yes,\" she said", ["\"", "Yes", ",", "\"", "she", "said"]),
      (
        "don't e-mail a.b@c.org at 10:30, 1,000.5 times",
        ["don't", "e-mail", "a.b@c.org", "at", "10:30", ",", "1,000.5", "times"]
      ),
      ("U.S. -- a,b x- -y", ["U.S", ".", "-", "-", "a", ",", "b", "x", "-", "-", "y"]),
      ("one\r\ntwo\u{A0}\u{2003}three\tfour", ["one", "two", "three", "four"]),
      ("caf\u{E9} cafe\u{301} n\u{303}o", ["caf\u{E9}", "cafe\u{301}", "n\u{303}o"]),
      ("hi\u{1F44B}\u{1F3FD}Ada", ["hi", "\u{1F44B}\u{1F3FD}", "Ada"]),
      (
        "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} in \u{1F1F3}\u{1F1F4}!",
        ["\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}", "in", "\u{1F1F3}\u{1F1F4}", "!"]
      ),
      ("\u{5DF4}\u{9ECE}2024\u{5E74}", ["\u{5DF4}", "\u{9ECE}", "2024", "\u{5E74}"]),
      (
        "\u{939}\u{93F}\u{928}\u{94D}\u{926}\u{940} \u{E01}\u{E33}",
        [
          "\u{939}\u{93F}\u{928}\u{94D}\u{926}\u{940}", "\u{E01}\u{E33}",
        ]
      ),
      ("", []), (" \r\n ", []), (".", ["."]), ("'a'", ["'", "a", "'"]),
    ] as [(String, [String])])
  func words(text: String, words: [String]) {
    let found = WordText(text)
    #expect(found.words.map { Array($0.utf8) } == words.map { Array($0.utf8) })
    #expect(cut(found).map { Array($0.utf8) } == words.map { Array($0.utf8) })
  }

  @Test("A list of words is a text with blanks between")
  func lists() {
    let text = WordText(words: ["Ada", "e\u{301}", "", "New York", "\u{1F1F3}\u{1F1F4}"])
    #expect(text.text == "Ada e\u{301}  New York \u{1F1F3}\u{1F1F4}")
    #expect(cut(text).map { Array($0.utf8) } == text.words.map { Array($0.utf8) })
    #expect(text.text(of: 0..<2) == "Ada e\u{301}" && text.text(of: 3..<4) == "New York")
    #expect(text.text(of: 1..<1).isEmpty)
  }

  @Test("Of any text, words lie in order, hold all but blanks, and are where they are said to be")
  func anyText() {
    var random = SplitMix(seed: 5)
    let scalars: [Unicode.Scalar] = [
      "a", "Z", "1", " ", "\t", "\r", "\n", ".", ",", "'", "-", "@", "\u{301}", "\u{200D}",
      "\u{1F468}", "\u{1F3FD}", "\u{1F1F3}", "\u{FE0F}", "\u{20E3}", "\u{5DF4}", "\u{A0}",
      "\u{0}", "\u{FEFF}", "\u{1100}", "\u{1161}", "\u{94D}", "\u{E0001}",
    ]
    for _ in 0..<2000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        text.unicodeScalars.append(scalars.randomElement(using: &random) ?? "a")
      }
      let found = WordText(text)
      #expect(cut(found).map { Array($0.utf8) } == found.words.map { Array($0.utf8) })
      var end = 0
      let all = Array(text.unicodeScalars)
      for place in found.places + [all.count..<all.count] {
        #expect(place.lowerBound >= end)
        // What is left out begins with a blank, to which marks may belong.
        let between = all[end..<place.lowerBound]
        #expect(between.first?.properties.isWhitespace ?? true)
        #expect(between.allSatisfy { !("a"..."z").contains($0) && $0 != "." })
        end = place.upperBound
      }
      for range in [0..<found.words.count] where !range.isEmpty {
        let whole = found.text(of: range)
        #expect(
          whole.unicodeScalars.count == found.places[range.upperBound - 1].upperBound
            - found.places[0].lowerBound)
      }
    }
  }
}
