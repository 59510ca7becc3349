import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// What `fixtures/reference/make_goldens.py` wrote.
func goldens(_ key: String) throws -> JSON {
  let text = try String(contentsOfFile: TestPaths.fixture("task/goldens.json"), encoding: .utf8)
  return try #require(try JSON(parsing: text)[key])
}

func integers(_ json: JSON?) throws -> [Int] {
  try #require(json?.array).map {
    try #require($0.integer ?? $0.number.flatMap { Int(exactly: $0) })
  }
}

func numbers(_ json: JSON?) throws -> [Double] {
  try #require(json?.array).map { try #require($0.number) }
}
