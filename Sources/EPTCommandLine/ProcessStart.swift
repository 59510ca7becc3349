import CEPTSystem
import EPTSystem
import Glibc

/// What must stand before a process opens any file or writes anything.
package enum ProcessStart {
  package static func prepare() {
    ept_fill_standard_descriptors()
    // A reader that goes away and a limit on the size of files show as errors where they are met, not as
    // signals.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    MappingFaults.report(prefix: "eptc: ", status: ExitStatus.inputOutput.rawValue)
    MemoryRefusals.report(prefix: "eptc: ", status: ExitStatus.failure.rawValue)
  }
}
