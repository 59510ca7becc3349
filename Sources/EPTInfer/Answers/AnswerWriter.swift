import EPTSystem

/// Lines that are ready to be written.
struct AnswerLines {
  fileprivate(set) var text = ""
}

/// Writes answers to a descriptor.
public struct AnswerWriter: Sendable {
  private let descriptor: Int32
  private let style: AnswerStyle

  /// Writes answers in `style`.
  public init(descriptor: Int32, style: AnswerStyle) {
    self.descriptor = descriptor
    self.style = style
  }

  /// Whether the answers begin with a line that names the columns.
  var hasHeader: Bool { style.hasHeader && style.format == .tsv }

  /// Adds the line that names the columns, by the first record or one without fields.
  func appendHeader(_ record: PendingRecord, generates: Bool, to lines: inout AnswerLines) {
    AnswerColumns(style, record).writeHeader(generates: generates, to: &lines.text)
    lines.text += "\n"
  }

  /// Adds the line of a record that has one answer a question.
  func append(_ replies: [Reply], of record: PendingRecord, to lines: inout AnswerLines) {
    switch style.format {
    case .text, .tsv: AnswerColumns(style, record).write(replies, to: &lines.text)
    case .jsonl: lines.text += AnswerObject(style, record).json(replies).serialized()
    }
    lines.text += "\n"
  }

  /// Adds the line of a record that has no answer, with or without what is wrong.
  func append(error: String?, of record: PendingRecord, to lines: inout AnswerLines) {
    switch style.format {
    case .text, .tsv: AnswerColumns(style, record).write(error: error, to: &lines.text)
    case .jsonl: lines.text += AnswerObject(style, record).json(error: error).serialized()
    }
    lines.text += "\n"
  }

  /// Writes the lines at once.
  ///
  /// - Throws: `InferError.output`, or `.closedOutput` where nobody reads any more.
  func write(_ lines: AnswerLines) throws {
    do {
      try DescriptorOutput.write(Array(lines.text.utf8), to: descriptor)
    } catch .closed {
      throw InferError.closedOutput
    } catch .system(let reason) {
      throw InferError.output(reason: reason)
    }
  }
}

/// Probabilities as they are written: six decimals.
enum WrittenProbability {
  static func rounded(_ probability: Float) -> Double {
    (Double(probability) * 1_000_000).rounded() / 1_000_000
  }

  /// With exactly six decimals, whatever the locale.
  static func decimal(_ probability: Float) -> String {
    let digits = String(Int((Double(probability) * 1_000_000).rounded()) + 1_000_000)
    return (digits.first == "1" ? "0." : "1.") + digits.dropFirst()
  }
}
