import EPTData
import EPTFormat
import EPTTestSupport
import Foundation
import Testing

@testable import EPTInfer

struct BadRecordTests {
  private let fixture: StreamFixture
  private let sentence: String
  private let pair: String

  init() throws {
    fixture = try StreamFixture()
    sentence = try fixture.bundle("sst2", seed: 1)
    pair = try fixture.bundle("pair", fields: ["premise", "hypothesis"], seed: 3)
  }

  /// Lines with a bad one in the middle, and why it is bad.
  static let cases: [(RecordFormat, [String], RecordFault)] = [
    (
      .lines, ["a\tb", "a\tb\tc", "a\tb"], .columns(expected: ["premise", "hypothesis"], actual: 3)
    ),
    (
      .columns(["premise", "hypothesis"]), ["a\tb", "one", "a\tb"],
      .columns(expected: ["premise", "hypothesis"], actual: 1)
    ),
    (
      .jsonl,
      [
        #"{"premise":"a","hypothesis":"b"}"#, #"{"premise":"a"}"#,
        #"{"premise":"a","hypothesis":"b"}"#,
      ],
      .noText(field: "hypothesis", prompt: "pair")
    ),
    (
      .jsonl,
      [
        #"{"premise":"a","hypothesis":"b"}"#, #"{"premise":"a","hypothesis":5}"#,
        #"{"premise":"a","hypothesis":"b"}"#,
      ],
      .notText(field: "hypothesis", value: "5")
    ),
    (
      .jsonl,
      [#"{"premise":"a","hypothesis":"b"}"#, "[1]", #"{"premise":"a","hypothesis":"b"}"#],
      .unreadable(.notJSON(reason: "another value"))
    ),
    (
      .jsonl,
      [
        #"{"premise":"a","hypothesis":"b"}"#, #"{"premise":"a","hypothesis":"b","task":"x"}"#,
        #"{"premise":"a","hypothesis":"b"}"#,
      ],
      .unknownTask(name: "x", prompts: ["pair"])
    ),
  ]

  @Test("A bad line stops by name, after the answers before it", arguments: cases.indices)
  func stops(index: Int) throws {
    let (format, lines, fault) = Self.cases[index]
    let run = try fixture.run(
      lines.map { $0 + "\n" }.joined(), as: format, prompts: [pair])
    let bad = try #require((run.error as? InferError)?.badRecord)
    #expect(bad == (2, fault))
    #expect(run.lines.count == 1)
  }

  @Test("skip and record leave something in its place", arguments: cases.indices)
  func goesOn(index: Int) throws {
    let (format, lines, fault) = Self.cases[index]
    let input = lines.map { $0 + "\n" }.joined()
    for handling in [StreamSettings.FaultHandling.skip, .record] {
      for style in AnswerFormat.allCases {
        var settings = StreamSettings()
        settings.onFault = handling
        let run = try fixture.run(
          input, as: format, prompts: [pair], style: .style(style), settings: settings)
        #expect(run.error == nil && run.counts?.records == 3 && run.counts?.faults == 1)
        try #require(run.lines.count == 3)
        #expect(run.lines[0] == run.lines[2])
        let place = run.lines[1]
        switch (handling, style) {
        case (.skip, .text): #expect(place == "")
        case (.skip, .tsv): #expect(place == "\t")
        case (.skip, _): #expect(place == #"{"label":null}"#)
        case (_, .jsonl):
          let error = try #require(try JSON(parsing: place)["error"]?.string)
          #expect(error.hasSuffix(":2: \(fault)"))
        default:
          #expect(place.hasPrefix("#error\t"))
          #expect(place.hasSuffix(":2: \(fault)"))
        }
      }
    }
  }

  @Test("A JSON error says where; id and kept fields survive what can be read")
  func jsonErrors() throws {
    let input =
      #"{"sentence": "a", "sentence": "b"}"# + "\n" + #"{"id": "x", "note": true, "sentence": 1}"#
      + "\n" + "{\"sentence\": \"\u{FF}\"\n"
    var settings = StreamSettings()
    settings.onFault = .record
    settings.keepsFields = true
    let run = try fixture.run(
      input, as: .jsonl, prompts: [sentence], style: .style(.jsonl), settings: settings)
    let answers = try run.lines.map { try JSON(parsing: $0) }
    try #require(answers.count == 3)
    #expect(answers[0]["error"]?.string?.contains("stands twice at byte") == true)
    #expect(answers[1].object?.map(\.key) == ["id", "note", "error"])
    #expect(answers[2]["error"]?.string?.contains("at byte") == true)
  }

  @Test("A line past the limit is bad, and the lines after it are not")
  func tooLong() throws {
    var settings = StreamSettings()
    settings.onFault = .record
    settings.lineLimit = 1000
    for length in [1001, 70_000, 500_000] {
      let input = "a film\n" + String(repeating: "x", count: length) + "\na film\n"
      let run = try fixture.run(input, prompts: [sentence], settings: settings)
      try #require(run.lines.count == 3)
      #expect(run.lines[1].hasSuffix(":2: \(DataFault.tooLong(limit: 1000))"))
      #expect(run.lines[0] == run.lines[2])
    }
  }

  @Test("A text beyond the input length is cut, and counted")
  func cutTexts() throws {
    let long = [String](repeating: "film", count: 200).joined(separator: " ")
    let run = try fixture.run("film\n\(long)\n\(long) dull\n", prompts: [sentence])
    #expect(run.counts?.cutTexts == 2)
    #expect(run.lines[1] == run.lines[2])
  }

  @Test("An error within compressed input comes after the answers before it")
  func cutInput() throws {
    let whole = try TestInputs.bytes("one.gz")
    let run = try fixture.run(
      Array(whole.prefix(whole.count / 2)), prompts: PromptSource(files: [sentence]))
    guard case DataError.compressed? = run.error as? DataError else {
      Issue.record("\(String(describing: run.error))")
      return
    }
    #expect(run.lines.count > 5000)
  }
}
