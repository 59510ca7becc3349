import EPTSystem
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the folder of bundles again on SIGHUP, and when its files have changed.
struct TaskWatch: Service {
  /// How often files are looked at.
  private static let interval = Duration.seconds(1)

  let folder: TaskFolder
  let token: BearerToken
  let metrics: ServeMetrics
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          for await _ in await UnixSignalsSequence(trapping: .sighup) {
            await reload(all: true)
          }
        }
        group.addTask {
          while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            await reload(all: false)
          }
        }
      }
    }
  }

  /// Reads files on a thread of its own: threads of asynchronous code must not wait.
  private func reload(all: Bool) async {
    let changes = await withCheckedContinuation { continuation in
      let work: @Sendable () -> Void = {
        if all { reloadToken() }
        continuation.resume(returning: folder.reload(all: all))
      }
      do {
        try BackgroundThread.start("to read bundles with", work)
      } catch {
        work()
      }
    }
    for change in changes { report(change) }
    if all { logger.info("reloaded: \(folder.tasks.names.joined(separator: ", ").printable)") }
  }

  private func reloadToken() {
    do {
      try token.reload()
    } catch {
      logger.error("\("\(error)".printable); the token before it stays")
    }
  }

  private func report(_ change: TaskFolder.Change) {
    switch change {
    case .loaded(let name):
      metrics.count(reload: "loaded")
      logger.debug("loaded \(name.printable)")
    case .removed(let name):
      metrics.count(reload: "removed")
      logger.info("removed \(name.printable)")
    case .failed(let reason, let isKept):
      metrics.count(reload: "failed")
      let rest = isKept ? "the bundle before it stays at work" : "the task is not served"
      logger.error("\(reason.printable); \(rest)")
    case .unreadable(let reason):
      metrics.count(reload: "failed")
      logger.error("\(reason.printable); all tasks stay as they are")
    }
  }
}
