import EPTData
import EPTModel

/// How a stream works.
public struct StreamSettings: Sendable, Equatable {
  /// What becomes of a record that cannot be answered.
  public enum FaultHandling: String, Sendable, CaseIterable {
    /// The stream ends with an error, after the answers to all records before it.
    case stop
    /// An answer without content stands in its place.
    case skip
    /// What is wrong stands in its place.
    case record
  }

  /// Most records that are answered together.
  public var batch = 256
  /// How texts are written; nil to choose among labels.
  public var generation: GenerationSettings?
  /// How texts become vectors; nil to choose among labels.
  public var embedding: EmbeddingSettings?
  /// Texts at which what is written ends.
  public var stops: [String] = []
  /// Whether a text is written as it comes where it is the only one, for someone who watches.
  public var showsProgress = false
  /// Most tokens and prompt rows that pass through the model together; a single longer text
  /// passes alone.
  ///
  /// Rows that several prompts share in some blocks count in full for one of them, and a quarter
  /// for each other.
  public var batchRows = 4096
  /// What to do with a record that cannot be answered.
  public var onFault = FaultHandling.stop
  /// Whether fields that no prompt reads are copied to the answers.
  public var keepsFields = false
  /// The part of the records to answer; nil for all.
  public var shard: Shard?
  /// The most bytes that a line may have.
  public var lineLimit = DataReader.defaultLimit

  /// Stops at a bad record, with batches of the usual size.
  public init() {}
}

/// What a stream has done.
public struct StreamCounts: Sendable, Equatable {
  /// Records read and written.
  public var records = 0
  /// Records that could not be answered.
  public var faults = 0
  /// Texts that were longer than their prompt reads.
  public var cutTexts = 0
}
