import EPTInfer
import EPTSystem

/// A file that a stream's answers go to, claimed by this process.
struct StreamOutputFile {
  let path: String
  /// Whether a file that is there may be replaced.
  let replaces: Bool
  /// What says that the file is finished; nil for one that is no shard.
  private let marker: ShardMarker?
  private let isForced: Bool
  /// Another process that would write the file is refused as long as this one lasts.
  private let lock: OutputLock

  /// Checks that the file can be written and is none of `inputs`, before long work, and claims it.
  ///
  /// A shard's file without its marker is one that nobody has finished, and is replaced.
  ///
  /// - Throws: `SystemError`.
  init(
    path: String, replacing: Bool, inputs: [String], marker: ShardMarker? = nil
  ) throws {
    replaces = replacing || marker != nil
    isForced = replacing
    try OutputPath.check(path, replacing: replaces, inputs: inputs)
    lock = try OutputLock(path: path)
    self.path = path
    self.marker = marker
  }

  /// How many records a shard has that was finished before; nil if it is to be made.
  ///
  /// - Throws: `CommandError.otherShard` where it is of something else.
  func finishedRecords() throws -> Int? {
    isForced ? nil : try marker?.finishedRecords(output: path)
  }

  /// Begins the file, which appears when it is committed.
  ///
  /// - Throws: `SystemError`.
  func begin() throws -> AtomicFile {
    try AtomicFile(path: path, replacing: replaces)
  }

  /// Says that the file, which has been committed, is finished.
  ///
  /// - Throws: `SystemError`.
  func finish(_ counts: StreamCounts) throws {
    try marker?.write(counts)
  }
}
