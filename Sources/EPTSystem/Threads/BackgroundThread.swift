import Glibc

/// A thread of its own, for work that waits for input or goes on beside other work.
///
/// The system may have no thread to give (a limit on processes, a container's own): this tells so at
/// once. Dispatch queues would try again for ever.
package struct BackgroundThread {
  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  private let thread: pthread_t

  /// Begins `body` on a new thread, for which `join` must be called; nil, with `errno` set, where the
  /// system gives none.
  private init?(_ body: @escaping () -> Void) {
    let work = Unmanaged.passRetained(Work(body))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, work.toOpaque())
    guard status == 0 else {
      work.release()
      errno = status
      return nil
    }
    self.thread = thread
  }

  /// Waits until the thread is done.
  private func join() { pthread_join(thread, nil) }

  /// Runs a function on a new thread, which nobody waits for.
  ///
  /// `purpose` says in a message what the thread is for: `to read with`.
  ///
  /// - Throws: `SystemError.noThread`.
  package static func start(
    _ purpose: String, _ body: sending @escaping () -> Void
  ) throws {
    guard let thread = BackgroundThread(body) else {
      throw SystemError.noThread(purpose: purpose, reason: systemReason())
    }
    pthread_detach(thread.thread)
  }

  /// Runs `body` on the calling thread and on up to `helpers` others, and returns when all are done.
  ///
  /// Where the system gives fewer threads, fewer run it; the calling one always does.
  static func runTogether(helpers: Int, _ body: @Sendable () -> Void) {
    withoutActuallyEscaping(body) { body in
      var threads: [BackgroundThread] = []
      while threads.count < helpers, let thread = BackgroundThread(body) { threads.append(thread) }
      body()
      for thread in threads { thread.join() }
    }
  }
}
