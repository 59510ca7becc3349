import EPTFormat
import Testing

@testable import EPTServe

/// What requests may look like.
struct RequestTests {
  private func texts(_ json: String, _ fields: [String], limit: Int = 10) throws -> RequestTexts {
    try RequestTexts(JSON(parsing: json), "inputs", fields: fields, limit: limit)
  }

  @Test("A text, a list, lists of one and objects are rows of a task of one text")
  func oneField() throws {
    let one = ["sentence"]
    #expect(try texts(#""a""#, one).rows == [["a"]])
    #expect(try texts(#""a""#, one).isSingle)
    let list = try texts(#"["a", ["b"], {"sentence": "c"}, {"text": "d"}]"#, one)
    #expect(list.rows == [["a"], ["b"], ["c"], ["d"]] && !list.isSingle)
    #expect(try texts(#"{"sentence": "a"}"#, one).isSingle)
    #expect(try !texts(#"["a"]"#, one).isSingle)
  }

  @Test("A pair is a list of two texts or an object; a list of these is a batch")
  func pairs() throws {
    let two = ["premise", "hypothesis"]
    #expect(try texts(#"["a", "b"]"#, two).rows == [["a", "b"]])
    #expect(try texts(#"["a", "b"]"#, two).isSingle)
    let batch = try texts(
      #"[["a", "b"], {"hypothesis": "d", "premise": "c"}, {"text": "e", "text_pair": "f"}]"#, two)
    #expect(batch.rows == [["a", "b"], ["c", "d"], ["e", "f"]] && !batch.isSingle)
    #expect(try !texts(#"[["a", "b"]]"#, two).isSingle)
  }

  @Test(
    "What is no row is refused",
    arguments: [
      "null", "1", "[]", "[1]", #"["a", null]"#, #"{"other": "a"}"#, #"[["a", "b"]]"#, "[[]]",
      #"{"sentence": 1}"#,
    ])
  func noRow(json: String) {
    #expect(throws: ServeError.self) { try texts(json, ["sentence"]) }
  }

  @Test("Too many texts, and too long ones, are refused with their limit")
  func limits() throws {
    #expect(throws: ServeError.tooLarge(what: "texts in a request", limit: 2)) {
      try texts(#"["a", "b", "c"]"#, ["text"], limit: 2)
    }
    let long = String(repeating: "a", count: RequestTexts.textLimit + 1)
    #expect(throws: ServeError.tooLarge(what: "bytes in a text", limit: RequestTexts.textLimit)) {
      try texts("\"\(long)\"", ["text"])
    }
    for json in [#"["a"]"#, #"["a", "b", "c"]"#, #""a""#] {
      #expect(throws: ServeError.self) { try texts(json, ["premise", "hypothesis"]) }
    }
  }

  @Test("Members have their types; null is as good as missing; 2.0 is whole")
  func members() throws {
    let request = try RequestObject(
      Array(#"{"a": "x", "b": true, "c": 2.0, "d": null, "e": 1e30, "f": 1.5}"#.utf8))
    #expect(try request.string("a") == "x" && request.bool("b") == true)
    #expect(try request.integer("c") == 2 && request.integer("e") == .max)
    #expect(try request.string("d") == nil && request.bool("z") == nil)
    #expect(throws: ServeError.badRequest(reason: "\"a\" is not true or false")) {
      try request.bool("a")
    }
    #expect(throws: ServeError.self) { try request.integer("f") }
    #expect(throws: ServeError.badRequest(reason: "\"z\" is missing")) {
      try request.required("z")
    }
    #expect(throws: ServeError.self) { try RequestObject(Array("[]".utf8)) }
    #expect(throws: ServeError.self) { try RequestObject(Array(#"{"a": 1, "a": 2}"#.utf8)) }
    #expect(throws: ServeError.self) { try RequestObject([0x7B, 0x22, 0xFF, 0x22, 0x7D]) }
  }

  @Test("Paths are routes; the task's name may be encoded")
  func routes() {
    #expect(Route(path: "/classify") == .classify(task: nil))
    #expect(Route(path: "/classify/sst2") == .classify(task: "sst2"))
    #expect(Route(path: "/predict/a%20b%2Fc") == .predict(task: "a b/c"))
    #expect(Route(path: "/v1/embeddings") == .embeddings)
    for path in [
      "/", "", "/classify/", "/classify/a/b", "/classify/%F", "/classify/%FF", "//", "*",
    ] {
      #expect(Route(path: path) == nil, "\(path)")
    }
    let name = "ä b/%"
    #expect(Route(path: "/classify/" + Route.encoded(name)) == .classify(task: name))
    #expect(Route.encoded("sst2-v1.0_~") == "sst2-v1.0_~")
  }
}
