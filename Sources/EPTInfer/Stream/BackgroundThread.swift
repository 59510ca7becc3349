import Glibc

/// A thread of its own for work that waits for input; shared ones must not be held up by that.
enum BackgroundThread {
  private final class Work {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Runs `body` on a new thread, which nobody waits for.
  ///
  /// - Throws: `InferError.unsupported` where the system gives no thread.
  static func start(_ body: sending @escaping () -> Void) throws {
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
      throw InferError.unsupported(
        what: "the system gives no thread to read with (\(String(cString: strerror(status))))",
        hint: "allow this process more threads")
    }
    pthread_detach(thread)
  }
}
