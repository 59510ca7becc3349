import EPTTask
import Synchronization

/// Loads a stream's prompts again when someone asks for it.
///
/// Lines that have been read are answered by the prompts that were there; the next line is the
/// first for the new ones. Bundles that cannot be used leave the old ones at work.
public final class PromptReload: Sendable {
  /// What came of a request.
  public enum Outcome: Sendable {
    /// The names of the prompts now at work.
    case loaded([String])
    /// The new bundles cannot be used; the old ones stay.
    case failed(any Error)
  }

  private let isRequested = Atomic(false)
  /// The last that `requests` has said.
  private let requestsSeen = Atomic<UInt>(0)
  private let requests: @Sendable () -> UInt
  private let source: PromptSource
  private let backbone: LoadedBackbone
  private let embedding: EmbeddingSettings?
  private let report: @Sendable (Outcome) -> Void

  init(
    _ source: PromptSource, on backbone: LoadedBackbone, for embedding: EmbeddingSettings?,
    requests: @escaping @Sendable () -> UInt, report: @escaping @Sendable (Outcome) -> Void
  ) {
    self.embedding = embedding
    self.source = source
    self.backbone = backbone
    self.requests = requests
    self.report = report
  }

  /// Asks for the prompts to be loaded again before the next line.
  ///
  /// Not for signal handlers, which must not touch Swift's state: see `requests` of `AnswerStream`.
  public func request() {
    isRequested.store(true, ordering: .releasing)
  }

  /// The prompts loaded anew, if someone has asked and they are usable.
  func newPrompts() -> PromptSet? {
    let count = requests()
    let isCounted = requestsSeen.exchange(count, ordering: .relaxed) != count
    let isAsked = isRequested.exchange(false, ordering: .acquiring)
    guard isCounted || isAsked else { return nil }
    do {
      let prompts = try source.read().prepared(on: backbone, for: embedding)
      report(.loaded(prompts.prompts.map(\.name)))
      return prompts
    } catch {
      report(.failed(error))
      return nil
    }
  }
}
