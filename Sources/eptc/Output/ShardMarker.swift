import EPTFormat
import EPTInfer
import EPTSystem

/// The file beside a shard's answers that says that they are finished, and of what.
struct ShardMarker {
  let path: String
  /// What the answers are of.
  private let run: [JSONMember]

  /// The marker of the answers at `output`, made of `input` by `prompts`.
  init(output: String, input: String, prompts: [String], shard: Shard) {
    path = output + ".done"
    run = [
      JSONMember("input", .string(input)),
      JSONMember("prompts", .array(prompts.map { .string($0) })),
      JSONMember("shard", .string("\(shard.index)/\(shard.count)")),
    ]
  }

  /// How many records the finished answers have; nil where they are not finished.
  ///
  /// - Throws: `CommandError.otherShard` where the answers are of something else.
  func finishedRecords(output: String) throws -> Int? {
    guard FileStatus(path) != nil, FileStatus(output) != nil else { return nil }
    let file = try MappedFile(reading: path, limit: 1 << 20)
    let stored = withExtendedLifetime(file) { try? JSON(parsing: file.bytes) }
    guard let records = stored?["records"]?.integer,
      run.allSatisfy({ stored?[$0.key] == $0.value })
    else { throw CommandError.otherShard(path: output, marker: path) }
    return records
  }

  /// Says that the answers are finished.
  ///
  /// - Throws: `SystemError`.
  func write(_ counts: StreamCounts) throws {
    let json = JSON.object(
      run + [
        JSONMember("records", .integer(counts.records)),
        JSONMember("faults", .integer(counts.faults)),
      ])
    try AtomicFile.write(Array((json.serialized() + "\n").utf8), to: path, replacing: true)
  }
}
