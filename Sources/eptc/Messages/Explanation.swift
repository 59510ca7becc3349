import EPTData
import EPTFormat
import EPTTask
import EPTConvert

/// `error` in one line, with the flag that mends it where there is one.
func explained(_ error: any Error) -> String {
  if let name = missingPath(error).flatMap({ HubName($0) }) { return name.message }
  let text = "\(error)"
  switch error {
  case let error as TaskError:
    return error.remedy.map { "\(text) (\(advice($0)))" } ?? text
  default:
    return text
  }
}

/// How the command line mends what `remedy` says.
private func advice(_ remedy: Remedy) -> String {
  switch remedy {
  case .nameFolder: "--data or EPT_DATA names it"
  case .nameColumns: "--text-column and --label-column name them"
  case .sayHeader: "--header yes if the first line names the columns, --header no if it is a row"
  case .nameEncoding: "--text-encoding latin1 for a file of Western Windows"
  case .readQuotes: "--data-format says how it is laid out, csv for quotes"
  case .allowClasses: "--most-classes allows more"
  case .giveDev: "--dev gives them"
  case .giveTest: "--test gives the figure's rows"
  case .takeDigits: "--labels digits"
  case .countUnknown: "eval --unknown-labels wrong counts such rows as errors"
  }
}

/// The path of a file that is not there.
private func missingPath(_ error: any Error) -> String? {
  switch error {
  case FormatError.missingFile(let path, _): path
  case FormatError.system("open", let path, _): path
  case DataError.missingInput(let path, _): path
  default: nil
  }
}
