import EPTData
import EPTFormat
import EPTTask

/// `error` in one line, with the flag that mends it where there is one.
func explained(_ error: any Error) -> String {
  if let name = missingPath(error).flatMap({ HubName($0, isData: error is DataError) }) {
    return name.message
  }
  let text = "\(error)"
  switch error {
  case let error as TaskError:
    return error.remedy.flatMap(advice).map { "\(text) (\($0))" } ?? text
  case FormatError.foreign(let path, _, _, _) where isNamedAsRows(path) && command == "infer":
    return "\(path) is no bundle; texts to answer are given with --input \(path)"
  default:
    return text
  }
}

/// How the command line mends what `remedy` says.
private func advice(_ remedy: Remedy) -> String? {
  switch remedy {
  case .nameFolder: "--data or EPT_DATA"
  case .nameColumns: "--text-column and --label-column name them"
  case .sayHeader: "--header yes if the first line names the columns, --header no if it is a row"
  case .nameEncoding: "--text-encoding latin1 for a file of Western Windows"
  case .readQuotes: "--data-format says how it is laid out, csv for quotes"
  case .allowClasses: "--most-classes allows more"
  case .giveDev: "--dev gives them"
  case .giveTest: "--test gives rows for the figure"
  case .takeDigits: "--labels digits gives each a number"
  // Only where answers are counted.
  case .countUnknown:
    command == "tune" ? nil : "--unknown-labels wrong counts such rows as errors"
  }
}

/// The command that runs.
private var command: String? { CommandLine.arguments.dropFirst().first }

/// Whether `path` is called as files of rows are.
private func isNamedAsRows(_ path: String) -> Bool {
  [".tsv", ".csv", ".txt", ".json", ".jsonl", ".ndjson"].contains { path.hasSuffix($0) }
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
