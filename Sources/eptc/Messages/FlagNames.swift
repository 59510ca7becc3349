import EPTConvert
import EPTData
import EPTFormat
import EPTInfer
import EPTSystem
import EPTTask
import EPTTrain

/// What the rooms' messages lack, since they know of no command line: its flags.
enum FlagNames {
  /// The message of `error`, with the flags that mend it; one line, safe to show.
  static func message(_ error: any Error) -> String {
    if let name = missingPath(error).flatMap({ HubName($0, isData: error is DataError) }) {
      return name.message.printable
    }
    let text =
      switch error {
      case let error as TrainError: message(error)
      case let error as TaskError: message(error)
      case SystemError.outputExists(let path): "\(path) exists already; use --force to replace it"
      case ConvertError.badPattern, ConvertError.patternFitsNothing: "--tensor: \(error)"
      case DataError.unmarked(_, let encoding): "\(error) (--text-encoding \(encoding.rawValue))"
      case DataError.header: "\(error) (--columns)"
      case InferError.threshold: "\(error) (--threshold)"
      case FormatError.foreign(let path, _, ContainerKind.bundle.label, _, nil)
      where isNamedAsRows(path) && command == "infer":
        "\(path) is no bundle; texts to answer are given with --input \(path)"
      case FormatError.foreign(_, _, _, _, .convert): "\(error) (`eptc convert`)"
      case FormatError.foreign(_, _, _, _, .finishRun): "\(error) (`eptc tune --resume`)"
      case InferError.noPrompts: "\(error) (`eptc tune`)"
      default: "\(error)"
      }
    return text.printable
  }

  private static func message(_ error: TrainError) -> String {
    let text = error.description(\.flag)
    if case .otherRun = error { return "\(text) with --force" }
    return text
  }

  private static func message(_ error: TaskError) -> String {
    error.remedy.flatMap(flags).map { "\(error) (\($0))" } ?? "\(error)"
  }

  /// How the command line mends what `remedy` says.
  private static func flags(_ remedy: Remedy) -> String? {
    switch remedy {
    case .nameFolder: "--data or EPT_DATA"
    case .nameColumns: "--text-column and --label-column name them"
    case .sayHeader:
      "--header yes if the first line names the columns, --header no if it is a row"
    case .nameEncoding: "--text-encoding latin1 for a file of Western Windows"
    case .readQuotes: "--data-format says how it is laid out, csv for quotes"
    case .allowClasses: "--most-classes allows more"
    case .giveDev: "--dev gives them"
    case .nameRows: "--test"
    case .giveTest: "--test gives rows for the figure"
    case .predictNumbers: "--metric pearson_spearman or mse"
    case .takeDigits: "--labels digits gives each a number"
    // Only where answers are counted.
    case .countUnknown:
      command == "tune" ? nil : "--unknown-labels wrong counts such rows as errors"
    }
  }

  /// The command that runs.
  private static var command: String? { CommandLineText.arguments.first }

  /// Whether `path` is called as files of rows are.
  private static func isNamedAsRows(_ path: String) -> Bool {
    [".tsv", ".csv", ".txt", ".json", ".jsonl", ".ndjson"].contains { path.hasSuffix($0) }
  }

  /// The path of a file that is not there.
  private static func missingPath(_ error: any Error) -> String? {
    switch error {
    case SystemError.missingFile(let path, _): path
    case SystemError.system(.open, let path, _): path
    case DataError.missingInput(let path, _): path
    default: nil
    }
  }
}

extension TrainingSetting {
  /// The command line's flag.
  var flag: String {
    switch self {
    case .accumulation: "--accumulate"
    case .calibration: "--calibrate"
    case .evaluationInterval: "--evaluate-every"
    case .gradientClip: "--clip"
    case .start: "--init"
    case .method, .steps, .batch, .shots, .warmUp, .patience, .longestRun, .promptLength,
      .inputLength, .rank, .subspaces, .subspaceWidth, .nominalLength, .alpha, .fusion,
      .fusionScale, .promptRate, .lowRankRate, .subspaceRate, .pooling, .pair, .depth,
      .depthSubspaces, .depthWidth, .depthRate, .headRate, .weightDecay, .classWeights:
      "--" + String(rawValue.map { $0 == " " ? "-" : $0 })
    }
  }
}
