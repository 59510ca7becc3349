import ArgumentParser
import EPTInfer
import EPTSystem

/// Where answers go, and which part of the records is answered.
struct StreamOutputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A file to write, whole or not at all. (default: standard output)", valueName: "file"))
  var output: String?

  @Flag(help: "Replace the output if it exists, a finished shard too.")
  var force = false

  @Option(
    help: ArgumentHelp(
      """
      Answer the records whose places, counted from 0, leave i when divided by n, into \
      FILE-0000i-of-0000n. A finished shard is skipped. auto/n takes i from JOB_COMPLETION_INDEX or \
      SLURM_ARRAY_TASK_ID, auto takes n from SLURM_ARRAY_TASK_COUNT too.
      """, valueName: "i/n"))
  var shard: ShardChoice?

  func validate() throws {
    if force, output == nil { throw ValidationError("--force needs --output, a file.") }
    if case .unknown(let reason)? = shard { throw ValidationError("--shard: \(reason).") }
  }

  /// The part of the records to answer; nil for all.
  var part: Shard? {
    guard case .part(let part)? = shard else { return nil }
    return part
  }

  /// The file to write; nil for standard output.
  ///
  /// - Parameters:
  ///   - inputs: The files that the command reads; none of them is ever replaced.
  ///   - input: Where the records come from.
  ///   - prompts: What they are answered by.
  /// - Returns: The file, claimed for this process.
  /// - Throws: `SystemError` where it cannot be written.
  func target(inputs: [String], input: String?, prompts: [String]) throws -> StreamOutputFile? {
    guard let output else { return nil }
    guard let part else {
      return try StreamOutputFile(path: output, replacing: force, inputs: inputs)
    }
    let path = ShardName.path(output, part)
    let marker = ShardMarker(output: path, input: input ?? "-", prompts: prompts, shard: part)
    return try StreamOutputFile(
      path: path, replacing: force, inputs: inputs, marker: marker)
  }
}

/// Which part of the records a process answers, as `--shard` says it.
enum ShardChoice: ExpressibleByArgument, Equatable {
  case part(Shard)
  /// What the environment does not tell.
  case unknown(reason: String)

  /// `3/8`, `auto/8` or `auto`.
  init(argument: String) {
    self =
      ShardChoice(argument, variable: CommandLineText.variable)
      ?? .unknown(reason: "\(argument) is no part; it is i/n such as 0/8, auto/n or auto")
  }

  /// The same in the environment that `variable` reads.
  init?(_ text: String, variable: (String) -> String?) {
    let words = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 2 || text == "auto" else { return nil }
    let environment = ArrayJob(variable)
    let count = words.count == 2 ? Int(words[1]) : environment.count
    let index = words[0] == "auto" ? environment.index : Int(words[0])
    if words[0] == "auto", index == nil {
      self = .unknown(
        reason: "neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID is set; give i/n")
    } else if text == "auto", count == nil {
      self = .unknown(reason: "SLURM_ARRAY_TASK_COUNT is not set; give auto/n")
    } else if let index, let count {
      self =
        Shard(index: index, count: count).map { ShardChoice.part($0) }
        ?? .unknown(reason: "\(index)/\(count) is no part; i is from 0 to n - 1, n at most 99999")
    } else {
      return nil
    }
  }
}

/// What a scheduler tells a process of an array of jobs.
private struct ArrayJob {
  /// From 0.
  let index: Int?
  let count: Int?

  init(_ variable: (String) -> String?) {
    func number(_ name: String) -> Int? { variable(name).flatMap { Int($0) } }
    count = number("SLURM_ARRAY_TASK_COUNT")
    if let completion = number("JOB_COMPLETION_INDEX") {
      index = completion
    } else if let task = number("SLURM_ARRAY_TASK_ID") {
      // `--array=1-8` or `--array=10-80:10` counts otherwise than shards do.
      let (distance, overflows) = task.subtractingReportingOverflow(
        number("SLURM_ARRAY_TASK_MIN") ?? 0)
      index = overflows ? nil : distance / max(1, number("SLURM_ARRAY_TASK_STEP") ?? 1)
    } else {
      index = nil
    }
  }
}

/// What the files of shards are called.
enum ShardName {
  /// `answers-00003-of-00008.tsv` for shard 3 of 8 of `answers.tsv`.
  static func path(_ path: String, _ shard: Shard) -> String {
    let name = path.fileName
    let stem = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : name[..<$0] }
    let ending = name.dropFirst(stem?.count ?? name.count)
    let folder = path.dropLast(name.count)
    return "\(folder)\(stem ?? name[...])-\(digits(shard.index))-of-\(digits(shard.count))\(ending)"
  }

  private static func digits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
