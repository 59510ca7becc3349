import EPTSystem
import Testing

@testable import EPTFormat

@Suite("What a text describes takes no more memory than its size allows")
struct MemoryBoundTests {
  @Test func ofAnyJSON() {
    let text = "[" + String(repeating: "0,", count: 10 << 20) + "0]"
    #expect(throws: JSONError.self) { try JSON(parsing: text) }
    #expect(throws: Never.self) {
      try JSON(parsing: "[" + String(repeating: "0,", count: 1000) + "0]")
    }
  }

  @Test func keysAreComparedAsBytes() throws {
    // U+212A, the Kelvin sign, is K to Unicode's equivalence.
    let json = try JSON(parsing: "{\"\u{212A}\": 1, \"K\": 2}")
    #expect(json["K"] == 2)
  }
}
