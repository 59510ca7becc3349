extension Template {
  /// Nothing but the texts, the second in segment 1.
  static let plain = Template(
    single: [Item(content: .first, segment: 0)],
    pair: [Item(content: .first, segment: 0), Item(content: .second, segment: 1)])

  /// `<s> a </s>` and `<s> a </s> </s> b </s>`, all in segment 0.
  static func roberta(classification: Int, separator: Int) -> Template {
    let start = Item(content: .token(Int32(classification)), segment: 0)
    let first = Item(content: .first, segment: 0)
    let second = Item(content: .second, segment: 0)
    let end = Item(content: .token(Int32(separator)), segment: 0)
    return Template(
      single: [start, first, end], pair: [start, first, end, end, second, end])
  }

  /// `[CLS] a [SEP]` and `[CLS] a [SEP] b [SEP]`, the second text in segment 1.
  static func bert(classification: Int, separator: Int) -> Template {
    let start = Item(content: .token(Int32(classification)), segment: 0)
    let first = Item(content: .first, segment: 0)
    let middle = Item(content: .token(Int32(separator)), segment: 0)
    let second = Item(content: .second, segment: 1)
    let end = Item(content: .token(Int32(separator)), segment: 1)
    return Template(single: [start, first, middle], pair: [start, first, middle, second, end])
  }

  /// `a </s>` and `a </s> b </s>`, all in segment 0.
  static func t5(end: Int) -> Template {
    let first = Item(content: .first, segment: 0)
    let second = Item(content: .second, segment: 0)
    let end = Item(content: .token(Int32(end)), segment: 0)
    return Template(single: [first, end], pair: [first, end, second, end])
  }
}
