import EPTFormat
import EPTSystem
import EPTText
import Glibc

/// Measures parts of eptc on their own; Benchmarks/*.md say with what result.
@main
enum EPTBench {
  static let usage = """
    usage: eptbench tokenizers FOLDER FILE [ROUNDS]   lines a second, one thread
           eptbench ids FOLDER                        JSON texts or pairs in, ids out, line by line
           eptbench open FILE.ept TENSOR              until a tensor can be used; waits for input's end
           eptbench check FILE.ept                    checks all tensors; waits for its input's end
           eptbench decode FILE.ept ROUNDS            speed of decoding a lossless file
           eptbench bundle MODEL PROMPT_ROWS OUTPUT   a bundle for SST-2 with random numbers
           eptbench digest MODEL THREADS              hashes of scores and gradients
           eptbench head MODEL TASK DATA ROWS THREADS FOLDER   vectors and solved heads
    Driven line by line by Benchmarks/speed:
           eptbench infer MODEL BUNDLE BATCH TOKENS THREADS
           eptbench tune MODEL ept|pt|depth BATCH LENGTH|real SST2_TRAIN_TSV THREADS
    """

  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch (arguments.first, arguments.count) {
    case ("tokenizers", 3...4):
      try measureTokenizer(
        folder: arguments[1], file: arguments[2],
        rounds: arguments.count == 4 ? Int(arguments[3]) ?? 5 : 5)
    case ("ids", 2):
      try printIDs(folder: arguments[1])
    case ("open", 3):
      try FormatBench.open(arguments[1], tensor: arguments[2])
    case ("check", 2):
      try FormatBench.check(arguments[1])
    case ("decode", 3):
      try FormatBench.decode(arguments[1], rounds: try number(arguments[2]))
    case ("bundle", 4):
      try RandomBundle.write(
        model: arguments[1], promptLength: try number(arguments[2]), to: arguments[3])
    case ("digest", 3):
      try ModelDigest.print(model: arguments[1], threads: try number(arguments[2]))
    case ("head", 7):
      try HeadBench.run(
        model: arguments[1], task: arguments[2], data: arguments[3],
        rows: try number(arguments[4]), threads: try number(arguments[5]), folder: arguments[6])
    case ("infer", 6):
      try InferWorker.run(
        model: arguments[1], bundle: arguments[2], batch: try number(arguments[3]),
        tokens: try number(arguments[4]), threads: try number(arguments[5]))
    case ("tune", 7):
      try TuneWorker.run(
        TuneWorker.Plan(
          model: arguments[1], method: arguments[2], batch: try number(arguments[3]),
          threads: try number(arguments[6]), length: Int(arguments[4]), rows: arguments[5],
          batches: 8))
    default:
      print(usage)
      exit(64)
    }
  }

  private static func number(_ argument: String) throws -> Int {
    guard let number = Int(argument) else { throw Usage.notANumber(argument) }
    return number
  }

  private enum Usage: Error {
    case notANumber(String)
  }

  /// The tokenizer of a checkpoint folder, as a converted model would open it.
  private static func tokenizer(folder: String) throws -> any Tokenizer {
    try TokenizerTables.open(TokenizerDefinition.compile(folder: folder).tables)
  }

  private static func measureTokenizer(folder: String, file: String, rounds: Int) throws {
    let clock = ContinuousClock()
    var tables: [UInt8] = []
    let compiling = try clock.measure {
      tables = try TokenizerDefinition.compile(folder: folder).tables
    }
    var opened: (any Tokenizer)?
    let opening = try clock.measure { opened = try TokenizerTables.open(tables) }
    guard let tokenizer = opened else { return }
    let text = try MappedFile(path: file)
    let lines = withExtendedLifetime(text) {
      text.bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }
    var best = Double.infinity
    var tokens = 0
    for _ in 0..<max(rounds, 1) {
      tokens = 0
      let time = clock.measure {
        for line in lines { tokens += tokenizer.encode(line).ids.count }
      }
      best = min(best, time / .seconds(1))
    }
    print(
      "lines \(lines.count) tokens \(tokens) seconds \(best)",
      "lines_per_second \(Int(Double(lines.count) / best))",
      "compile_ms \(compiling / .milliseconds(1)) open_ms \(opening / .milliseconds(1))",
      "table_bytes \(tables.count)")
  }

  private static func printIDs(folder: String) throws {
    let tokenizer = try tokenizer(folder: folder)
    while let line = readLine() {
      let value = try JSON(parsing: line)
      let texts = value.array?.compactMap(\.string) ?? [value.string ?? ""]
      let limit = value.array?.dropFirst(2).first?.integer ?? .max
      let encoded = tokenizer.encode(
        texts[0], texts.count > 1 ? texts[1] : nil, limit: limit)
      print(encoded.ids.map(String.init).joined(separator: " "))
    }
  }
}
