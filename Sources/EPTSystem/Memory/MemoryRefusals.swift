import CEPTSystem

/// What becomes of a process that the system gives no memory to compute with.
public enum MemoryRefusals {
  /// From now on, such a process ends with one line on standard error and exit status `status`, instead of
  /// being aborted.
  ///
  /// For programs: a library must leave that to the program that uses it.
  ///
  /// - Parameters:
  ///   - prefix: What the line begins with.
  ///   - status: The process's exit status.
  public static func report(prefix: StaticString, status: Int32) {
    // A literal's bytes end with a zero and stay for ever.
    prefix.utf8Start.withMemoryRebound(to: CChar.self, capacity: prefix.utf8CodeUnitCount + 1) {
      ept_memory_report_refusals($0, status)
    }
  }
}
