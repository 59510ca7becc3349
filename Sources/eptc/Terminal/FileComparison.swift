import EPTFormat
import EPTSystem

/// What `inspect --diff` says of two files.
struct FileComparison {
  /// How a tensor of one file and its namesake in the other are to each other.
  enum Verdict {
    /// The same stored bytes.
    case same
    /// The same numbers, differently stored.
    case equal
    case differs(TensorDifference)
    /// Other types that are no weights, or other shapes.
    case incomparable
    case onlyInFirst
    case onlyInSecond
  }

  private struct Row {
    let name: String
    let first: InspectedFile.Tensor?
    let second: InspectedFile.Tensor?
    let verdict: Verdict
  }

  private let rows: [Row]

  /// Compares all tensors, in the order of their names.
  ///
  /// - Throws: `FormatError` for contents that are damaged.
  init(_ first: InspectedFile, _ second: InspectedFile) throws {
    let (ones, others) = (Self.byName(first), Self.byName(second))
    rows = try Set(ones.keys).union(others.keys).sorted().map { name in
      let verdict: Verdict =
        switch (ones[name], others[name]) {
        case (let one?, let other?): try Self.verdict(first, one, second, other)
        case (nil, _): .onlyInSecond
        case (_, nil): .onlyInFirst
        }
      return Row(name: name.text, first: ones[name], second: others[name], verdict: verdict)
    }
  }

  private static func byName(_ file: InspectedFile) -> [ByteName: InspectedFile.Tensor] {
    Dictionary(
      file.tensors.map { (ByteName($0.name), $0) }, uniquingKeysWith: { first, _ in first })
  }

  private static func verdict(
    _ first: InspectedFile, _ one: InspectedFile.Tensor,
    _ second: InspectedFile, _ other: InspectedFile.Tensor
  ) throws -> Verdict {
    guard one.shape == other.shape else { return .incomparable }
    if one.type.lowercased() == other.type.lowercased(), one.codec == other.codec {
      let areSame = first.withStoredBytes(one.name) { bytes in
        second.withStoredBytes(one.name) { bytes.elementsEqual($0) } ?? false
      }
      if areSame ?? false { return .same }
    }
    do {
      let difference = try TensorDifference.between(
        first.weights.tensor(one.name), second.weights.tensor(one.name))
      guard let difference else { return .incomparable }
      return difference.maximum == 0 ? .equal : .differs(difference)
    } catch FormatError.unsupported {
      return .incomparable
    }
  }

  /// Whether both files have the same tensors with the same numbers.
  var isEqual: Bool {
    rows.allSatisfy {
      switch $0.verdict {
      case .same, .equal: true
      case .differs, .incomparable, .onlyInFirst, .onlyInSecond: false
      }
    }
  }

  private func words(_ verdict: Verdict) -> String {
    switch verdict {
    case .same: "same"
    case .equal: "equal"
    case .differs: "differs"
    case .incomparable: "incomparable"
    case .onlyInFirst: "only in the first"
    case .onlyInSecond: "only in the second"
    }
  }

  /// The comparison for people: tensors that are not the same, then how many are.
  var text: String {
    var table = [["tensor", "first", "second", "", "largest difference", "mean difference"]]
    var same = 0
    for row in rows {
      if case .same = row.verdict {
        same += 1
        continue
      }
      var cells = [row.name, kind(row.first), kind(row.second), words(row.verdict)]
      if case .differs(let difference) = row.verdict {
        cells += [Figures.scientific(difference.maximum), Figures.scientific(difference.mean)]
      }
      table.append(cells)
    }
    let count = "\(same) of \(rows.count) tensors are the same"
    return table.count == 1 ? count : TextTable(table, numbers: [4, 5]).text + "\n" + count
  }

  private func kind(_ tensor: InspectedFile.Tensor?) -> String {
    tensor.map { "\($0.type.lowercased()) \(Figures.shape($0.shape))" } ?? "-"
  }

  /// The comparison as an object.
  var json: JSON {
    let tensors = rows.map { row -> JSON in
      var members = [
        JSONMember("name", .string(row.name)), JSONMember("verdict", .string(words(row.verdict))),
      ]
      if case .differs(let difference) = row.verdict {
        members.append(JSONMember("largest", .number(difference.maximum)))
        members.append(JSONMember("mean", .number(difference.mean)))
      }
      return .object(members)
    }
    return ["equal": .bool(isEqual), "tensors": .array(tensors)]
  }
}
