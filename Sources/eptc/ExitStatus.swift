import EPTConvert
import EPTData
import EPTFormat
import EPTInfer
import EPTModel
import EPTTask
import EPTText
import EPTTrain
import Glibc

/// The exit statuses of `sysexits.h` that eptc uses.
enum ExitStatus: Int32 {
  case failure = 1
  case usage = 64
  case badData = 65
  case missingInput = 66
  case cannotCreate = 73
  case inputOutput = 74
  case interrupted = 130

  /// What the help says about them.
  static let explanation = """
    EXIT STATUS: 0 success, 1 other failure, 64 wrong usage, 65 bad data, 66 missing input, \
    73 output cannot be created, 74 input or output failed, 130 interrupted.
    """

  /// The status for `error`, nil for one that eptc's rooms do not throw.
  init?(_ error: any Error) {
    switch error {
    case let error as FormatError: self = Self.status(of: error)
    case CommandError.noBackbone, CommandError.noFittingBackbone: self = .missingInput
    case CommandError.unfinishedRun: self = .cannotCreate
    case CommandError.dataFile: self = .badData
    case TaskError.dataNotFound: self = .missingInput
    case let error as DataError: self = Self.status(of: error)
    case let error as InferError: self = Self.status(of: error)
    case is TaskError, is TextError, is ConvertError, is ModelError, is TrainError: self = .badData
    default: return nil
    }
  }

  private static func status(of error: FormatError) -> ExitStatus {
    switch error {
    case .system(let operation, _, _):
      switch operation {
      case "open", "read", "map": .missingInput
      case "create": .cannotCreate
      default: .inputOutput
      }
    case .missingFile: .missingInput
    case .truncated, .corrupt, .foreign, .unsupported, .missingTensor, .wrongShape: .badData
    case .outputExists: .cannotCreate
    }
  }

  private static func status(of error: InferError) -> ExitStatus {
    switch error {
    case .missingInput, .noPrompts: .missingInput
    case .output: .inputOutput
    case .unsupported: .failure
    default: .badData
    }
  }

  private static func status(of error: DataError) -> ExitStatus {
    switch error {
    case .missingInput: .missingInput
    case .input: .inputOutput
    case .compressed, .foreign, .header: .badData
    }
  }
}

/// Writes one line to standard error, after the program's name.
func report(_ message: String) {
  writeError("eptc: \(message)\n")
}

/// Writes text to standard error as it is.
func writeError(_ text: String) {
  var text = text
  text.withUTF8 { bytes in
    // Nothing sensible can be done where standard error cannot be written.
    _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
  }
}
