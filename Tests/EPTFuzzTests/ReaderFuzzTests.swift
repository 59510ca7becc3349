import CEPTTestSupport
import EPTFormat
import EPTSystem
import EPTTestSupport
import Testing

@testable import EPTTask

/// Damaged files of all kinds: each is refused by an error or read, in
/// little time and memory, and no byte outside of it is touched.
///
/// The readers find each file in memory that ends at a page which must not be read.
@Suite(.timeLimit(.minutes(15))) struct ReaderFuzzTests {
  /// No file may keep a reader busy for longer.
  private static let longestSeconds = 0.1
  /// Memory that is no multiple of the file's size: messages, the smallest tables.
  private static let slack = 64 << 10

  /// What reads a file.
  enum Reader: String, CaseIterable, CustomTestStringConvertible {
    case safetensors
    case pytorch
    case backbone
    case bundle

    var testDescription: String { rawValue }
  }

  @Test(arguments: Reader.allCases) func survivesDamage(reader: Reader) throws {
    let seeds =
      switch reader {
      case .safetensors: Seeds.safetensors()
      case .pytorch: try Seeds.pytorch()
      case .backbone: try Seeds.backbones()
      case .bundle: try Seeds.bundles()
      }
    let run = FuzzRun(reader.rawValue)
    var mutator = Mutator(seed: run.seed)
    func nextFile() -> [UInt8] {
      damaged(
        seeds[mutator.below(seeds.count)], reader, other: seeds[mutator.below(seeds.count)],
        &mutator)
    }
    // Whole files are read.
    for seed in seeds { try read(seed, reader, expectsWhole: seed == seeds[0]) }
    // What is made once a process is made before anything is counted.
    for _ in 0..<1_000 { try read(nextFile(), reader) }
    var (accepted, slowest) = (0, 0.0)
    for number in 0..<run.files {
      let bytes = nextFile()
      let start = ept_thread_seconds()
      ept_allocations_begin()
      let isAccepted = try read(bytes, reader)
      var memory = ept_allocations_end()
      slowest = max(slowest, ept_thread_seconds() - start)
      if memory.largest > limit(bytes) {
        // Swift's own tables of types grow now and then, on whatever thread; a file's demand comes again.
        ept_allocations_begin()
        _ = try read(bytes, reader)
        memory = ept_allocations_end()
      }
      accepted += isAccepted ? 1 : 0
      #expect(memory.largest <= limit(bytes), "file \(number), \(bytes.count) bytes")
      #expect(
        memory.peak <= 4 * bytes.count + Self.slack, "file \(number), \(bytes.count) bytes")
    }
    #expect(slowest < Self.longestSeconds)
    // A mutator whose files are all refused, or none, tries little.
    #expect(accepted > run.files / 100)
    #expect(accepted < run.files * 9 / 10)
  }

  /// The most bytes that a reader of `bytes` may ask for at once.
  private func limit(_ bytes: [UInt8]) -> Int {
    max(4 * bytes.count, 4_096)
  }

  /// Headers with as many values as their bytes can hold.
  @Test(arguments: [
    #"{"w":[*]}"#, #"{"w":{"dtype":"U8","shape":[*],"data_offsets":[0,1]}}"#,
    #"{"w":{"dtype":"U8","shape":[1],"data_offsets":[*]}}"#,
    #"{"w":{"dtype":"U8","more":[*],"shape":[1],"data_offsets":[0,1]}}"#,
    #"{"w":{"dtype":[*]}}"#, #"{"__metadata__":[*]}"#,
  ])
  func headersTakeNoTreeOfTheirValues(header: String) throws {
    for value in ["1", "[]", "{}", "[1]"] {
      let values = Array(repeating: value, count: 100_000).joined(separator: ",")
      let text = header.split(separator: "*").joined(separator: values)
      let bytes = SafetensorsBytes.file(header: text, buffer: [0])
      ept_allocations_begin()
      try read(bytes, .safetensors)
      let memory = ept_allocations_end()
      #expect(memory.largest <= limit(bytes))
      #expect(memory.peak <= 4 * bytes.count + Self.slack)
    }
  }

  /// Files whose JSON would take many times their size, if all of it were kept.
  @Test(arguments: Reader.allCases) func valuesTakeNoMoreThanTheSizeAllows(reader: Reader) throws {
    let strings = (0..<400_000).map { #""\#($0)":"""# }.joined(separator: ",")
    let lists = Array(repeating: "[]", count: 2_000_000).joined(separator: ",")
    for json in ["{\(strings)}", "[\(lists)]"] {
      let bytes =
        switch reader {
        case .safetensors:
          SafetensorsBytes.file(header: #"{"__metadata__":\#(json)}"#, buffer: [])
        // It has no JSON: a pickle as long.
        case .pytorch: Seeds.pytorch(pickle: Array(json.utf8))
        case .backbone: try Seeds.backbone(configuration: json)
        case .bundle: try Seeds.bundle(task: json)
        }
      ept_allocations_begin()
      let isAccepted = try read(bytes, reader)
      let memory = ept_allocations_end()
      #expect(!isAccepted)
      #expect(memory.largest <= limit(bytes))
      #expect(memory.peak <= 4 * bytes.count + Self.slack)
    }
  }

  /// Pickles that make as many values as they can.
  @Test(arguments: ["N", "}", "K\u{1}", "K\u{1}\u{85}", "}q\u{1}", "(", "](", "h\u{0}"])
  func picklesTakeNoMoreThanTheSizeAllows(operation: String) throws {
    // Of one byte each, also beyond ASCII.
    let operations = operation.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    let repeated = [[UInt8]](repeating: operations, count: 6_000_000 / operations.count).joined()
    let bytes = Seeds.pytorch(pickle: Array("}q\u{0}".utf8) + repeated + Array(".".utf8))
    ept_allocations_begin()
    let isAccepted = try read(bytes, .pytorch)
    let memory = ept_allocations_end()
    #expect(!isAccepted)
    #expect(memory.largest <= limit(bytes))
    #expect(memory.peak <= 4 * bytes.count + Self.slack)
  }

  @Test func manySmallTensorsTakeLittleMemory() throws {
    let tensors = (0..<20_000).map {
      #""t\#($0)":{"dtype":"U8","shape":[1],"data_offsets":[\#($0),\#($0 + 1)]}"#
    }
    let bytes = SafetensorsBytes.file(
      header: "{\(tensors.joined(separator: ","))}",
      buffer: [UInt8](repeating: 0, count: tensors.count))
    ept_allocations_begin()
    let isAccepted = try read(bytes, .safetensors)
    let memory = ept_allocations_end()
    #expect(isAccepted)
    #expect(memory.largest <= limit(bytes))
    #expect(memory.peak <= 4 * bytes.count + Self.slack)
  }

  @Test func memoryIsReallyCounted() {
    ept_allocations_begin()
    let one = [UInt64](repeating: 1, count: 100_000)
    let other = one.map { $0 + 1 }
    let memory = ept_allocations_end()
    #expect(one != other)
    #expect(memory.count >= 2)
    #expect(memory.largest >= 800_000 && memory.largest < 900_000)
    #expect(memory.peak >= 1_600_000 && memory.peak < 1_700_000)
  }

  /// `seed` with damage; in three of four containers under checksums that fit, since only those get
  /// past the first check.
  private func damaged(
    _ seed: [UInt8], _ reader: Reader, other: [UInt8], _ mutator: inout Mutator
  ) -> [UInt8] {
    var bytes = seed
    guard reader != .safetensors, mutator.below(4) > 0 else {
      mutator.damage(&bytes, other: other, keepsLength: false)
      return bytes
    }
    if reader == .pytorch {
      var pickle = Seeds.pickle(of: seed)
      mutator.damage(&pickle, other: other, keepsLength: mutator.below(4) > 0)
      return Seeds.pytorch(pickle: pickle, of: seed)
    }
    var forgery = ContainerForgery(whole: seed)
    mutator.damage(&forgery.bytes, other: other, keepsLength: mutator.below(4) > 0)
    if mutator.below(2) == 0, forgery.bytes.count >= 24 {
      forgery.write(UInt64(forgery.bytes.count), at: 16)
    }
    return forgery.sealed()
  }

  /// Reads everything that `bytes` hold.
  ///
  /// - Returns: Whether they were accepted.
  /// - Throws: What is no error of these readers.
  @discardableResult
  private func read(
    _ bytes: [UInt8], _ reader: Reader, expectsWhole: Bool = false
  ) throws -> Bool {
    do {
      let file = try bytes.withUnsafeBytes { try MappedFile(contents: $0, path: "damaged") }
      switch reader {
      case .safetensors: try use(SafetensorsFile(file))
      case .pytorch: try use(PyTorchFile(file))
      case .backbone:
        let container = try ContainerFile(file, kind: .backbone)
        try use(container)
        try container.verify()
        // Golden containers are no backbones.
        if container.section(BackboneFile.SectionName.architecture) != nil {
          try use(BackboneFile(file))
        }
      case .bundle: _ = try TaskBundle(file)
      }
      return true
    } catch let error as FormatError {
      #expect(!expectsWhole && !error.description.isEmpty, "\(error)")
      return false
    }
  }

  private func use(_ source: some WeightSource) throws {
    for name in source.tensorNames {
      let tensor: StoredTensor
      do {
        tensor = try source.tensor(name)
      } catch FormatError.unsupported {
        continue
      }
      // A part at a time: a reader need not have all numbers of a quantised matrix at once.
      let part = 256
      for start in stride(from: 0, to: tensor.count, by: part) {
        _ = try tensor.floats(in: start..<min(tensor.count, start + part))
      }
    }
  }
}
