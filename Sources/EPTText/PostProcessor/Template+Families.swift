extension Template {
  /// Nothing but the texts, the second in token type 1.
  static let plain = Template(
    single: [Item(content: .first, tokenTypeID: 0)],
    pair: [Item(content: .first, tokenTypeID: 0), Item(content: .second, tokenTypeID: 1)])

  /// `<s> a </s>` and `<s> a </s> </s> b </s>`, all in token type 0.
  static func roberta(classification: Int, separator: Int) -> Template {
    let start = Item(content: .token(Int32(classification)), tokenTypeID: 0)
    let first = Item(content: .first, tokenTypeID: 0)
    let second = Item(content: .second, tokenTypeID: 0)
    let end = Item(content: .token(Int32(separator)), tokenTypeID: 0)
    return Template(
      single: [start, first, end], pair: [start, first, end, end, second, end])
  }

  /// `[CLS] a [SEP]` and `[CLS] a [SEP] b [SEP]`, the second text in token type 1.
  static func bert(classification: Int, separator: Int) -> Template {
    let start = Item(content: .token(Int32(classification)), tokenTypeID: 0)
    let first = Item(content: .first, tokenTypeID: 0)
    let middle = Item(content: .token(Int32(separator)), tokenTypeID: 0)
    let second = Item(content: .second, tokenTypeID: 1)
    let end = Item(content: .token(Int32(separator)), tokenTypeID: 1)
    return Template(single: [start, first, middle], pair: [start, first, middle, second, end])
  }

  /// `a </s>` and `a </s> b </s>`, all in token type 0.
  static func t5(end: Int) -> Template {
    let first = Item(content: .first, tokenTypeID: 0)
    let second = Item(content: .second, tokenTypeID: 0)
    let end = Item(content: .token(Int32(end)), tokenTypeID: 0)
    return Template(single: [first, end], pair: [first, end, second, end])
  }
}
