import Testing

@testable import EPTInfer

@Suite struct StopTextTests {
  @Test func textsEndBeforeTheFirst() {
    let stops = StopTexts(["\n\n", "END"])
    #expect(stops.cut("a\nb") == "a\nb")
    #expect(stops.cut("a\n\nb END") == "a")
    #expect(stops.cut("a END\n\n") == "a ")
    #expect(stops.isIn("xENDx") && !stops.isIn("EN D"))
    #expect(stops.longest == 3)
    #expect(StopTexts([""]).isEmpty)
  }

  /// What may become a stop, or a character, is not shown yet.
  @Test func onlyWhatIsCertainIsShown() {
    let stops = StopTexts(["END"])
    #expect(stops.certain("the EN") == "the ")
    #expect(stops.certain("the E") == "the ")
    #expect(stops.certain("the") == "the")
    #expect(stops.certain("the END") == "the ")
    #expect(stops.certain("caf\u{FFFD}") == "caf")
    #expect(StopTexts([]).certain("caf\u{FFFD}") == "caf")
  }
}
