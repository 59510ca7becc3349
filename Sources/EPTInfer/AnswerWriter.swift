import EPTFormat
import Glibc

/// How answers are written, one a line.
public enum AnswerFormat: String, Sendable, CaseIterable {
  /// The label.
  case text
  /// The label, a tab, its probability.
  case tsv
  /// An object with the label and every label's probability.
  case jsonl
}

/// Writes answers to a descriptor.
public struct AnswerWriter: Sendable {
  private let descriptor: Int32
  private let format: AnswerFormat
  private let labels: [String]

  /// Writes answers in `format`, naming them by `labels`.
  public init(descriptor: Int32, format: AnswerFormat, labels: [String]) {
    self.descriptor = descriptor
    self.format = format
    self.labels = labels
  }

  /// Writes one line an answer, at once.
  ///
  /// - Throws: `InferError.output`, or `.closedOutput` where nobody reads any more.
  public func write(_ answers: [Answer]) throws {
    var text = ""
    for answer in answers {
      text += line(answer)
      text += "\n"
    }
    try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let slice = UnsafeRawBufferPointer(rebasing: rest)
      let count = Glibc.write(descriptor, slice.baseAddress, slice.count)
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EPIPE {
        throw InferError.closedOutput
      } else if errno != EINTR {
        throw InferError.output(reason: String(cString: strerror(errno)))
      }
    }
  }

  /// An answer's line, without line end.
  func line(_ answer: Answer) -> String {
    switch format {
    case .text:
      labels[answer.label]
    case .tsv:
      "\(labels[answer.label])\t\(decimal(answer.probabilities[answer.label]))"
    case .jsonl:
      json(answer).serialized()
    }
  }

  private func json(_ answer: Answer) -> JSON {
    let probabilities = answer.probabilities.map { JSON.number(rounded($0)) }
    return [
      "label": .string(labels[answer.label]),
      "probability": probabilities[answer.label],
      "probabilities": .object(zip(labels, probabilities).map { JSONMember($0, $1) }),
    ]
  }

  /// A probability to six decimals.
  private func rounded(_ probability: Float) -> Double {
    (Double(probability) * 1_000_000).rounded() / 1_000_000
  }

  /// A probability with six decimals, whatever the locale.
  private func decimal(_ probability: Float) -> String {
    let digits = String(Int((rounded(probability) * 1_000_000).rounded()) + 1_000_000)
    return (digits.first == "1" ? "0." : "1.") + digits.dropFirst()
  }
}
