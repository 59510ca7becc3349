import EPTFormat

extension TaskDefinition {
  /// The definition as it stands in a bundle, and as a user may edit it.
  public var json: JSON {
    var members = plainJSON.object ?? []
    if let positive {
      members.append(JSONMember("positive", .string(labels[positive].word)))
    }
    if labelForm != .one {
      members.append(JSONMember("label_form", .string(labelForm.rawValue)))
    }
    if let tagTransitions {
      let rows = tagTransitions.counts.map { JSON.array($0.map { .integer($0) }) }
      members.append(JSONMember("tag_transitions", .array(rows)))
    }
    return .object(members)
  }

  private var plainJSON: JSON {
    [
      "name": .string(name),
      "fields": .array(fields.map { .string($0) }),
      "template": .string(template.source),
      "segments": .array(segments.map { .string($0.source) }),
      "labels": .array(labels.map { ["word": .string($0.word), "value": .string($0.value)] }),
      "scale": .bool(isScale),
      "metric": .string(metric.rawValue),
      "input_length": .integer(inputLength),
      "split": split.json,
      "source": source.json,
    ]
  }

  /// The members of `json`, in order.
  static let memberNames = [
    "name", "fields", "template", "segments", "labels", "scale", "metric", "input_length", "split",
    "source", "positive", "label_form", "tag_transitions",
  ]

  /// Reads what `json` wrote.
  ///
  /// - Throws: `TaskError.invalidDefinition`, naming the member.
  public init(_ json: JSON) throws {
    let name = json["name"]?.string ?? "without a name"
    func member<Value>(_ key: String, _ value: Value?) throws -> Value {
      guard let value else {
        throw TaskError.invalidDefinition(
          task: name, reason: "its member \"\(key)\" is missing or of the wrong kind")
      }
      return value
    }
    func strings(_ json: JSON?) -> [String]? {
      guard let array = json?.array else { return nil }
      let strings = array.compactMap(\.string)
      return strings.count == array.count ? strings : nil
    }
    let labels = try member("labels", json["labels"]?.array).map { label in
      Label(
        try member("labels", label["word"]?.string),
        value: try member("labels", label["value"]?.string))
    }
    let source = try member("source", json["source"])
    try self.init(
      name: try member("name", json["name"]?.string),
      fields: try member("fields", strings(json["fields"])),
      template: try member("template", json["template"]?.string),
      segments: try member("segments", strings(json["segments"])),
      labels: labels,
      isScale: try member("scale", json["scale"]?.bool),
      labelForm: try json["label_form"].map {
        try member("label_form", $0.string.flatMap(LabelForm.init))
      } ?? .one,
      metric: try member("metric", json["metric"]?.string.flatMap(Metric.init)),
      positive: try json["positive"].map { try member("positive", $0.string) },
      inputLength: try member("input_length", json["input_length"]?.integer),
      split: try member("split", json["split"].flatMap(SplitRule.init)),
      source: DataSource(
        folders: try member("source", strings(source["folders"])),
        columns: try member("source", strings(source["columns"])),
        label: try member("source", source["label"]?.string),
        labelUntil: try source["label_until"].map { try member("source", $0.string) },
        records: try member("source", source["records"]?.string.flatMap(DataSource.Records.init)),
        skipsBrokenRows: try member("source", source["skips_broken_rows"]?.bool),
        labelSeparator: try source["label_separator"].map { try member("source", $0.string) }))
    guard let transitions = json["tag_transitions"] else { return }
    let counts = transitions.array?.map { row in (row.array ?? []).map { $0.integer ?? -1 } }
    let table = try member("tag_transitions", counts.flatMap { TagTransitions(counts: $0) })
    guard labelForm == .tags, table.counts.count == self.labels.count + 1 else {
      throw TaskError.invalidDefinition(
        task: name,
        reason: "its member \"tag_transitions\" needs a row for each tag and one for the beginning")
    }
    tagTransitions = table
  }
}

extension DataSource {
  /// The members of `json`, in order.
  static let memberNames = [
    "folders", "columns", "label", "label_until", "records", "skips_broken_rows", "label_separator",
  ]

  fileprivate var json: JSON {
    var members = [
      JSONMember("folders", .array(folders.map { .string($0) })),
      JSONMember("columns", .array(columns.map { .string($0) })),
      JSONMember("label", .string(label)),
      JSONMember("records", .string(records.rawValue)),
      JSONMember("skips_broken_rows", .bool(skipsBrokenRows)),
    ]
    if let labelUntil { members.append(JSONMember("label_until", .string(labelUntil))) }
    if let labelSeparator {
      members.append(JSONMember("label_separator", .string(labelSeparator)))
    }
    return .object(members)
  }
}
