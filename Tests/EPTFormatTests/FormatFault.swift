import EPTFormat

/// Which kind of error a `FormatError` is, without its details.
enum FormatFault {
  case truncated
  case corrupt
  case unsupported
  case foreign

  init?(_ error: FormatError) {
    switch error {
    case .truncated: self = .truncated
    case .corrupt: self = .corrupt
    case .unsupported: self = .unsupported
    case .foreign: self = .foreign
    default: return nil
    }
  }
}
