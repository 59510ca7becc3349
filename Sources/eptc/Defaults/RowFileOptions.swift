import ArgumentParser
import EPTData

/// How a file of labelled rows is to be read, where name and content do not tell.
struct RowFileOptions: ParsableArguments {
  /// The formats that have labels.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case csv, tsv, jsonl, json, fasttext, conll
    case labelText = "label-text"

    var format: DataFormat {
      switch self {
      case .csv: .csv
      case .tsv: .tsv
      case .jsonl: .jsonl
      case .json: .json
      case .fasttext: .fastText
      case .labelText: .labelText
      case .conll: .conll
      }
    }
  }

  @Option(
    help: """
      How rows are laid out: csv, tsv, jsonl (an object a line), json (an array of objects), fasttext \
      (__label__x text), label-text (label, blank, text) or conll (a word and its tag a line). (default: by \
      name and content)
      """)
  var dataFormat: Format?

  @Option(help: "Whether the first line names the columns: yes or no. (default: found out)")
  var header: YesOrNo?

  @Option(
    help: """
      The encoding of a text without byte order mark: utf8, utf16le, utf16be or latin1 (Windows 1252). \
      (default: utf8)
      """)
  var textEncoding: TextEncoding?

  /// What is known of the file.
  var reading: ReadingOptions {
    ReadingOptions(format: dataFormat?.format, header: header?.isYes, encoding: textEncoding)
  }
}

/// An answer to a yes-or-no question.
enum YesOrNo: String, CaseIterable, ExpressibleByArgument {
  case yes, no

  var isYes: Bool { self == .yes }
}

extension TextEncoding: ExpressibleByArgument {
  /// By its own name, or by one that other programs have for it: `UTF-8`, `iso-8859-1`, `cp1252`.
  public init?(argument: String) {
    let name = String(argument.lowercased().filter { $0 != "-" && $0 != "_" })
    let isWestern = ["iso88591", "cp1252", "windows1252"].contains(name)
    self.init(rawValue: isWestern ? "latin1" : name)
  }
}
