import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// What `fixtures/reference/make_goldens.py` wrote.
func goldens(_ key: String) throws -> JSON {
  let text = try String(contentsOfFile: TestPaths.fixture("task/goldens.json"), encoding: .utf8)
  return try #require(try JSON(parsing: text)[key])
}

func floats(_ json: JSON?) throws -> [Float] {
  try #require(json?.array).map { Float(try #require($0.number)) }
}
