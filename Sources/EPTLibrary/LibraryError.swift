import CEPTC
import EPTFormat
import EPTInfer
import EPTModel
import EPTSystem
import EPTTask
import EPTText
import EPTTrain

/// What can be wrong with a call of the C library itself.
enum LibraryError: Error, Equatable {
  /// An argument that must not be NULL is.
  case null(argument: String)
  /// An argument that cannot be. `reason` says what it may be.
  case argument(name: String, reason: String)
  /// A setting of tuning that cannot be. `reason` says what it may be.
  case setting(name: String, reason: String)
}

extension LibraryError: CustomStringConvertible {
  var description: String {
    switch self {
    case .null(let argument): "`\(argument)` is NULL; give an object or an array"
    case .argument(let name, let reason): "`\(name)` \(reason)"
    case .setting(let name, let reason): "the setting \"\(name.printable(limit: 40))\" \(reason)"
    }
  }
}

extension eptc_status {
  /// What kind of failure `error` is.
  init(_ error: any Error) {
    switch error {
    case is LibraryError, TrainError.invalidSetting: self = EPTC_USAGE
    case let error as SystemError: self.init(system: error)
    case InferError.unsupported: self = EPTC_FAILURE
    case is FormatError, is TextError, is ModelError, is TaskError, is TrainError, is InferError:
      self = EPTC_BAD_DATA
    default: self = EPTC_FAILURE
    }
  }

  private init(system error: SystemError) {
    switch error {
    case .missingFile: self = EPTC_MISSING_INPUT
    case .truncated: self = EPTC_BAD_DATA
    case .changed: self = EPTC_INPUT_OUTPUT
    case .outputExists, .outputIsInput, .outputInUse: self = EPTC_CANNOT_CREATE
    case .outOfMemory, .noThread: self = EPTC_FAILURE
    case .system(let operation, _, _):
      switch operation {
      case .open, .read, .map, .list: self = EPTC_MISSING_INPUT
      case .create, .lock: self = EPTC_CANNOT_CREATE
      case .write, .sync, .name, .rename: self = EPTC_INPUT_OUTPUT
      }
    }
  }
}
