import EPTData
import EPTSystem

/// Which columns of a file are the texts and the label.
struct ColumnChoice {
  /// What is asked for.
  enum Request {
    /// A task's own columns, and the names that its fields have besides.
    case task(DataSource, fields: [String])
    /// What the user named of a file whose task is to be found.
    case found(texts: [String], label: String?)
  }

  /// The columns of a table.
  struct Layout: Equatable {
    /// How many columns every row has.
    let count: Int
    /// The place of each text.
    let texts: [Int]
    let label: Int
    /// Whether the first line is a header, and no row.
    let isHeader: Bool
    /// What the texts' columns and the label's are called: by name, or by number from 1.
    let textNames: [String]
    let labelName: String
  }

  /// Columns that texts usually have, most usual first.
  private static let usualTexts = [
    ["text"], ["sentence"], ["sentence1", "sentence2"], ["question1", "question2"],
    ["premise", "hypothesis"], ["question", "sentence"],
  ]
  /// What the label's column is called beside `label`.
  private static let usualLabels = ["labels", "class", "category", "target", "sentiment", "intent"]

  let request: Request
  /// Whether the first line names the columns; nil to find out.
  let header: Bool?
  let path: String

  /// The columns of a table whose first line is `names`.
  ///
  /// - Throws: `TaskError.badRow`.
  func layout(_ names: [String], line: Int) throws -> Layout {
    let layout =
      switch request {
      case .task(let source, let fields): try layout(names, source, fields, line)
      case .found(let texts, let label): try layout(names, texts: texts, label: label, line)
      }
    if layout.isHeader, let name = ColumnNames.repeated(in: names) {
      throw fault(line, "two columns are called \(LabelText.shown(name)); rename one")
    }
    return layout
  }

  // MARK: A task that is known

  private func layout(
    _ names: [String], _ source: DataSource, _ fields: [String], _ line: Int
  ) throws -> Layout {
    if header != false {
      for (texts, label) in [(source.columns, source.label), (fields, "label")] {
        let places = (texts + [label]).compactMap { ColumnNames.index(of: $0, in: names) }
        if places.count == texts.count + 1 { return named(names, places) }
      }
    }
    let numbers = (source.columns + [source.label]).compactMap { Int($0) }
    if numbers.count == source.columns.count + 1,
      numbers.allSatisfy({ (1...names.count).contains($0) })
    {
      let places = numbers.map { $0 - 1 }
      if header ?? isUsualHeader(names, places) { return named(names, places) }
      return numbered(names, places)
    }
    if names.count == fields.count + 1 {
      let places = Array(names.indices)
      if header ?? isUsualHeader(names, places) { return named(names, places) }
      return numbered(names, places)
    }
    let expected =
      numbers.isEmpty
      ? (source.columns + [source.label]).joined(separator: ", ")
      : "at least \(numbers.max() ?? 0) columns"
    throw fault(
      line,
      "the first line has \(count(names.count)) (\(shown(names))); expected \(expected), or "
        + "\(fields.count == 1 ? "a text" : "\(fields.count) texts") and a label",
      .nameColumns)
  }

  // MARK: A task that is to be found

  private func layout(
    _ names: [String], texts: [String], label: String?, _ line: Int
  ) throws -> Layout {
    if header != false, let place = headerLabel(names, texts: texts, label: label) {
      let found = try textNames(names, texts: texts, label: names[place], line)
      return named(names, try found.map { try self.place($0, names, line) } + [place])
    }
    if header != true, let layout = try rowLayout(names, texts, label, line) { return layout }
    // A header that must be one, whose columns have unusual names or are named by number.
    guard header == true else {
      let missing = (texts + [label].compactMap { $0 }).filter {
        ColumnNames.index(of: $0, in: names) == nil
      }
      throw fault(
        line,
        "there is no column \(missing.joined(separator: ", ")); there are: \(shown(names))",
        .nameColumns)
    }
    guard label != nil || names.count == 2 else {
      throw fault(line, "which column is the label? There are: \(shown(names))", .nameColumns)
    }
    let place = try label.map { try self.place($0, names, line) } ?? names.count - 1
    let found =
      texts.isEmpty && names.count == 2
      ? [names[1 - place]] : try textNames(names, texts: texts, label: names[place], line)
    return named(names, try found.map { try self.place($0, names, line) } + [place])
  }

  /// The label's place, if `names` is a header.
  private func headerLabel(_ names: [String], texts: [String], label: String?) -> Int? {
    if let place = ColumnNames.index(of: label ?? "label", in: names) { return place }
    if let label {
      guard let number = Int(label), (1...names.count).contains(number) else { return nil }
      let places = texts.compactMap { Int($0) }.filter { (1...names.count).contains($0) }
      return isUsualHeader(names, places.map { $0 - 1 } + [number - 1]) ? number - 1 : nil
    }
    let isText = { (name: String) in ColumnNames.index(of: name, in: names) != nil }
    let hasTexts =
      texts.isEmpty
      ? Self.usualTexts.contains(where: { $0.allSatisfy(isText) }) : texts.allSatisfy(isText)
    guard hasTexts else { return nil }
    let usual = Self.usualLabels.lazy.compactMap { ColumnNames.index(of: $0, in: names) }.first
    if usual != nil || texts.isEmpty || names.count != texts.count + 1 { return usual }
    let taken = texts.compactMap { ColumnNames.index(of: $0, in: names) }
    return names.indices.first { !taken.contains($0) }
  }

  /// Whether `names` are those that headers usually have: the label's, or the texts' and one that
  /// labels often have.
  private func isUsualHeader(_ names: [String], _ places: [Int]) -> Bool {
    let plain = places.map { ColumnNames.plain(names[$0]) }
    guard let label = plain.last else { return false }
    if label == "label" { return true }
    let texts = Set(Self.usualTexts.joined())
    return Self.usualLabels.contains(label) && plain.dropLast().contains { texts.contains($0) }
  }

  /// Chooses the texts' columns of a header.
  private func textNames(
    _ names: [String], texts: [String], label: String, _ line: Int
  ) throws -> [String] {
    guard texts.isEmpty else { return texts }
    let others = names.filter { !$0.isIdentical(to: label) }
    let usual = Self.usualTexts.first {
      $0.allSatisfy { ColumnNames.index(of: $0, in: others) != nil }
    }
    if let usual { return usual }
    if others.count == 1 { return others }
    throw fault(line, "which column is the text? There are: \(shown(names))", .nameColumns)
  }

  /// The place of a column that is named, or numbered from 1.
  private func place(_ column: String, _ names: [String], _ line: Int) throws -> Int {
    if let place = ColumnNames.index(of: column, in: names) { return place }
    if let number = Int(column), (1...names.count).contains(number) { return number - 1 }
    throw fault(
      line, "there is no column \(column); there are: \(shown(names))", .nameColumns)
  }

  /// The columns of a file without header, by number; nil if names were given.
  private func rowLayout(
    _ names: [String], _ texts: [String], _ label: String?, _ line: Int
  ) throws -> Layout? {
    let numbers = (texts + [label].compactMap { $0 }).map { Int($0) }
    guard numbers.allSatisfy({ $0.map { (1...names.count).contains($0) } ?? false }) else {
      return nil
    }
    if texts.isEmpty, label == nil, names.count != 2 {
      throw fault(
        line,
        names.count == 1
          ? "1 column; a line needs a text and a label, a comma, semicolon or tab between"
          : "a file without a column `label` must have lines of text and label; this one has "
            + count(names.count), .nameColumns)
    }
    let labelPlace = (label.flatMap { Int($0) } ?? names.count) - 1
    let textPlaces =
      texts.isEmpty
      ? names.indices.filter { $0 != labelPlace }
      : numbers[..<texts.count].compactMap { $0.map { $0 - 1 } }
    guard !textPlaces.isEmpty else {
      throw fault(
        line, "1 column; a line needs a text and a label, a comma, semicolon or tab between")
    }
    return numbered(names, textPlaces + [labelPlace])
  }

  // MARK: Objects

  /// The keys of the texts and of the label in the first object of a file.
  ///
  /// - Throws: `TaskError.badRow`.
  func keys(_ names: [String], line: Int) throws -> (texts: [String], label: String) {
    guard case .found(let texts, let label) = request else { return ([], "") }
    let isText = { (name: String) in ColumnNames.index(of: name, in: names) != nil }
    var labelKey = label ?? "label"
    if label == nil, !isText(labelKey), let usual = Self.usualLabels.first(where: isText) {
      labelKey = usual
    }
    let place = try place(labelKey, names, line)
    let found = try textNames(names, texts: texts, label: names[place], line)
    for name in found { _ = try self.place(name, names, line) }
    return (found, labelKey)
  }

  // MARK: Support

  /// `places` has the texts' and, last, the label's.
  private func named(_ names: [String], _ places: [Int]) -> Layout {
    // A column without a name, or with a number for one, goes by its place.
    let called = places.map { place in
      let name = ColumnNames.trimmed(names[place])
      return name.isEmpty ? String(place + 1) : name
    }
    return Layout(
      count: names.count, texts: Array(places.dropLast()), label: places[places.count - 1],
      isHeader: true, textNames: Array(called.dropLast()), labelName: called[called.count - 1])
  }

  private func numbered(_ names: [String], _ places: [Int]) -> Layout {
    Layout(
      count: names.count, texts: Array(places.dropLast()), label: places[places.count - 1],
      isHeader: false, textNames: places.dropLast().map { String($0 + 1) },
      labelName: String(places[places.count - 1] + 1))
  }

  private func count(_ columns: Int) -> String {
    columns == 1 ? "1 column" : "\(columns) columns"
  }

  private func shown(_ names: [String]) -> String {
    let words = names.prefix(16).map { name in
      let plain = String(ColumnNames.trimmed(name).unicodeScalars.prefix(40))
      return plain.isEmpty ? "(no name)" : plain
    }
    return words.joined(separator: ", ") + (names.count > 16 ? ", …" : "")
  }

  private func fault(_ line: Int, _ reason: String, _ remedy: Remedy? = nil) -> TaskError {
    .badRow(path: path, line: line, reason: reason, remedy: remedy)
  }
}
