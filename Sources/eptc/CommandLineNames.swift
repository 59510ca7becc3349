import EPTCommandLine

// What `eptc` has in common with `eptc-serve`, by the names that this target uses throughout.

typealias BackboneOptions = EPTCommandLine.BackboneOptions
typealias CommandError = EPTCommandLine.CommandError
typealias CommandLineText = EPTCommandLine.CommandLineText
typealias ExitStatus = EPTCommandLine.ExitStatus
typealias ThreadCount = EPTCommandLine.ThreadCount

/// Writes one line to standard error, after the program's name.
func report(_ message: String) {
  EPTCommandLine.report(message)
}

/// Writes text to standard error as it is.
func writeError(_ text: String) {
  EPTCommandLine.writeError(text)
}
