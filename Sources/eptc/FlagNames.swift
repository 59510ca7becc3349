import EPTConvert
import EPTInfer
import EPTSystem
import EPTTask
import EPTTrain

/// What the rooms' messages lack, since they know of no command line: its flags.
enum FlagNames {
  /// The message of `error`, with the flags that mend it; one line, safe to show.
  static func message(_ error: any Error) -> String {
    let text =
      switch error {
      case let error as TrainError: message(error)
      case SystemError.outputExists(let path): "\(path) exists already; use --force to replace it"
      case TaskError.dataNotFound: "\(error) with --data or EPT_DATA"
      case TaskError.unclearColumns: "\(error) (--text-column, --label-column)"
      case ConvertError.badPattern, ConvertError.patternFitsNothing: "--tensor: \(error)"
      case InferError.header: "\(error) (or name them with --columns)"
      case InferError.threshold: "\(error) (--threshold)"
      default: "\(error)"
      }
    return text.printable
  }

  private static func message(_ error: TrainError) -> String {
    let text = error.description(\.flag)
    if case .otherRun = error { return "\(text) with --force" }
    return text
  }
}

extension TrainingSetting {
  /// The command line's flag.
  var flag: String {
    switch self {
    case .accumulation: "--accumulate"
    case .evaluationInterval: "--evaluate-every"
    case .gradientClip: "--clip"
    case .start: "--init"
    case .method, .steps, .batch, .shots, .warmUp, .patience, .longestRun, .promptLength,
      .inputLength, .rank, .subspaces, .subspaceWidth, .nominalLength, .alpha, .fusion,
      .fusionScale, .promptRate, .lowRankRate, .subspaceRate, .pooling, .depth, .depthSubspaces, .depthWidth,
      .depthRate, .headRate, .weightDecay:
      "--" + String(rawValue.map { $0 == " " ? "-" : $0 })
    }
  }
}
