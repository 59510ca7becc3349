import EPTConvert
import EPTData
import EPTFormat
import EPTInfer
import EPTModel
import EPTSystem
import EPTTask
import EPTText
import EPTTrain
import Glibc

/// The exit statuses of `sysexits.h` that eptc uses.
package enum ExitStatus: Int32 {
  case failure = 1
  case usage = 64
  case badData = 65
  case missingInput = 66
  case cannotCreate = 73
  case inputOutput = 74
  case interrupted = 130

  /// What the help says about them.
  package static let explanation = """
    EXIT STATUS: 0 success, 1 other failure, 64 wrong usage, 65 bad data, 66 missing input, \
    73 output cannot be created, 74 input or output failed, 130 interrupted.
    """

  /// The status for `error`, nil for one that eptc's rooms do not throw.
  package init?(_ error: any Error) {
    switch error {
    case let error as SystemError: self = Self.status(of: error)
    case is FormatError: self = .badData
    case CommandError.noBackbone, CommandError.noFittingBackbone, CommandError.noServer:
      self = .missingInput
    case CommandError.unfinishedRun, CommandError.sameOutput, CommandError.otherShard:
      self = .cannotCreate
    case ConvertError.outputIsInput: self = .cannotCreate
    case CommandError.dataFile, CommandError.badManifest,
      CommandError.noConfusion, CommandError.noQualification:
      self = .badData
    case CommandError.output, CommandError.closedOutput: self = .inputOutput
    case TaskError.dataNotFound, TaskError.dataGone: self = .missingInput
    case let error as DataError: self = Self.status(of: error)
    case let error as InferError: self = Self.status(of: error)
    case is TaskError, is TextError, is ConvertError, is ModelError, is TrainError: self = .badData
    default: return nil
    }
  }

  private static func status(of error: SystemError) -> ExitStatus {
    switch error {
    case .system(let operation, _, _):
      switch operation {
      case .open, .read, .map, .list: .missingInput
      case .create, .lock: .cannotCreate
      case .write, .sync, .name, .rename: .inputOutput
      }
    case .missingFile: .missingInput
    case .truncated: .badData
    case .changed: .inputOutput
    case .outputExists, .outputIsInput, .outputInUse: .cannotCreate
    case .outOfMemory, .noThread: .failure
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
    case .compressed, .foreign, .unmarked, .header: .badData
    }
  }
}

/// Writes one line to standard error, after the program's name.
///
/// Control characters are escaped: a message may name what stands in a file.
package func report(_ message: String) {
  writeError("eptc: \(message.printable)\n")
}

/// Writes text to standard error as it is.
package func writeError(_ text: String) {
  var text = text
  text.withUTF8 { bytes in
    // Nothing sensible can be done where standard error cannot be written.
    _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
  }
}
