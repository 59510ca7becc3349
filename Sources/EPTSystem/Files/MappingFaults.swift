import CEPTSystem

/// What becomes of a process whose mapped file is cut, or whose disk is lost.
public enum MappingFaults {
  /// From now on, such a process ends with one line on standard error and exit status `status`,
  /// instead of a bare SIGBUS.
  ///
  /// For programs: a library must leave signals to the program that uses it. A SIGBUS that concerns
  /// no `MappedFile` goes to whoever had the signal before. Where 512 files are mapped at a time,
  /// further ones are not told by name. The first call counts.
  ///
  /// - Parameters:
  ///   - prefix: What the line begins with.
  ///   - status: The process's exit status.
  public static func report(prefix: StaticString, status: Int32) {
    // A literal's bytes end with a zero and stay for ever.
    prefix.utf8Start.withMemoryRebound(to: CChar.self, capacity: prefix.utf8CodeUnitCount + 1) {
      _ = ept_mapping_report_faults($0, status)
    }
  }
}
