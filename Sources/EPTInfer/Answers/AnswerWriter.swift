import EPTSystem

/// Lines that are ready to be written.
struct AnswerLines {
  fileprivate(set) var text = ""
  /// The rows of an array instead.
  fileprivate(set) var numbers: [Float] = []

  /// Leaves out what has been written of the first line already; begins a new one where that is not
  /// how the line begins.
  mutating func continueLine(from written: String) {
    guard !written.isEmpty else { return }
    let isBeginning = text.utf8.starts(with: written.utf8)
    text =
      isBeginning
      ? String(decoding: text.utf8.dropFirst(written.utf8.count), as: UTF8.self) : "\n" + text
  }
}

/// A line that is written as it comes: a text, for someone who watches.
final class BegunLine {
  private let writer: AnswerWriter
  private var written = ""

  init(_ writer: AnswerWriter) {
    self.writer = writer
  }

  /// Writes what `text` has more than what has been written.
  ///
  /// What goes wrong with the output is told by who writes the whole line.
  func show(_ text: String) {
    let line = AnswerColumns.line(text)
    guard line.utf8.count > written.utf8.count, line.utf8.starts(with: written.utf8) else { return }
    let more = String(decoding: line.utf8.dropFirst(written.utf8.count), as: UTF8.self)
    written = line
    try? writer.write(AnswerLines(text: more))
  }

  /// What has been written, for who writes the rest.
  func take() -> String {
    defer { written = "" }
    return written
  }
}

/// Writes answers to a descriptor, or vectors to an array's file.
public struct AnswerWriter {
  private enum Target {
    case lines(descriptor: Int32)
    case array(NumPyFile)
  }

  private let target: Target
  private let style: AnswerStyle

  /// Writes answers in `style`.
  public init(descriptor: Int32, style: AnswerStyle) {
    target = .lines(descriptor: descriptor)
    self.style = style
  }

  /// Writes vectors or similarities as rows of `array`, which the caller commits.
  public init(array: NumPyFile) {
    target = .array(array)
    style = AnswerStyle()
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
    if case .array = target {
      lines.numbers += replies.flatMap(\.numbers)
      return
    }
    switch style.format {
    case .text, .tsv: AnswerColumns(style, record).write(replies, to: &lines.text)
    case .jsonl: AnswerObject(style, record).write(replies, to: &lines.text)
    }
    lines.text += "\n"
  }

  /// Adds the line of a record that has no answer, with or without what is wrong; a row of NaN to an array.
  func append(error: String?, of record: PendingRecord, to lines: inout AnswerLines) {
    if case .array(let array) = target {
      lines.numbers += [Float](repeating: .nan, count: array.rowLength)
      return
    }
    switch style.format {
    case .text, .tsv: AnswerColumns(style, record).write(error: error, to: &lines.text)
    case .jsonl: lines.text += AnswerObject(style, record).json(error: error).serialized()
    }
    lines.text += "\n"
  }

  /// Writes the lines at once.
  ///
  /// - Throws: `InferError.output`, or `.closedOutput` where nobody reads any more; `SystemError.system`
  ///   for an array.
  func write(_ lines: AnswerLines) throws {
    switch target {
    case .array(let array): try array.append(lines.numbers)
    case .lines(let descriptor):
      do {
        try DescriptorOutput.write(Array(lines.text.utf8), to: descriptor)
      } catch .closed {
        throw InferError.closedOutput
      } catch .system(let reason) {
        throw InferError.output(reason: reason)
      }
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
