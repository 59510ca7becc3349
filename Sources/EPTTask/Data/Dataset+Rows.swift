extension Dataset {
  /// Rows that a program has in memory, without test rows.
  ///
  /// Without `validation` a tenth of each class of `rows` is held out to choose the best step by. Where
  /// no class has a row to spare for that, all of `rows` choose.
  public init(rows: [Example], validation: [Example]? = nil) {
    if let validation {
      self.init(train: rows, validation: validation, test: [])
      return
    }
    var split = StratifiedSplit(rows.map(\.label), seed: SplitRule.standardSeed)
    let held = split.take(max(1, rows.count / 10))
    self.init(
      train: split.rest.map { rows[$0] }, validation: held.isEmpty ? rows : held.map { rows[$0] },
      test: [])
  }
}
