import CEPTKernels
import EPTFormat
import EPTTestSupport
import Testing

/// Tensors that are stored as compressed byte planes.
@Suite struct PlaneTests {
  private static let path = TestPaths.fixture("format/planes.ept")

  /// `count` random weights in `encoding`.
  private func weights(_ encoding: TensorEncoding, _ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SplitMix(seed: seed)
    var bytes: [UInt8] = []
    for _ in 0..<count {
      let weight = random.weight()
      switch encoding {
      case .f16:
        withUnsafeBytes(of: Float16(weight).bitPattern.littleEndian) { bytes += $0 }
      case .bf16:
        withUnsafeBytes(of: UInt16(weight.bitPattern >> 16).littleEndian) { bytes += $0 }
      default:
        withUnsafeBytes(of: weight.bitPattern.littleEndian) { bytes += $0 }
      }
    }
    return bytes
  }

  /// Contents in parts as a writer of planes wants them.
  private func contents(_ bytes: [UInt8], width: Int) -> PayloadContents {
    let size = ContainerWriter.numbersPerPlanePart * width
    return PayloadContents(partCount: max(1, (bytes.count + size - 1) / size)) {
      PayloadPart(bytes: Array(bytes[$0 * size..<min(bytes.count, ($0 + 1) * size)]))
    }
  }

  /// Writes `tensors`, in planes where that pays, and hands the file to `body`.
  private func withFile(
    _ tensors: [(name: String, encoding: TensorEncoding, bytes: [UInt8])], threads: Int = 2,
    _ body: (ContainerFile) throws -> Void
  ) throws {
    try TestPaths.withTemporaryFolder { folder in
      var writer = ContainerWriter(kind: .backbone)
      for tensor in tensors {
        let width = tensor.encoding == .f32 ? 4 : 2
        writer.addTensor(
          name: tensor.name, shape: [tensor.bytes.count / width], encoding: tensor.encoding,
          codec: .planes, contents: contents(tensor.bytes, width: width))
      }
      let foretold = try writer.dryRun(threads: threads)
      let result = try writer.write(to: folder + "/a.ept", replacing: false, threads: threads)
      #expect(foretold.byteCount == result.byteCount)
      #expect(foretold.records.map(\.range) == result.records.map(\.range))
      let file = try ContainerFile(path: folder + "/a.ept", kind: .backbone)
      #expect(file.records == result.records)
      try file.verify()
      try body(file)
    }
  }

  @Test func readsAFileThatAnotherWriterMade() throws {
    let file = try ContainerFile(path: Self.path, kind: .backbone)
    for (name, count) in [("a", 300), ("b", 250), ("c", 200)] {
      let tensor = try file.tensor(name)
      #expect(try tensor.floats() == (0..<count).map { Float($0 % 97 - 48) / 32 })
      #expect(UInt(bitPattern: tensor.bytes.baseAddress) % 64 == 0)
    }
    #expect(file.records.allSatisfy { $0.codec == .planes && $0.storedSize < $0.logicalSize })
  }

  @Test(arguments: [TensorEncoding.f32, .f16, .bf16])
  func comesBackBitByBit(encoding: TensorEncoding) throws {
    for count in [1, 2, 63, 5_000, 131_071, 131_072, 131_073, 300_001] {
      let bytes = weights(encoding, count)
      try withFile([("w", encoding, bytes)]) { file in
        let decoded = try file.tensor("w").copiedBytes
        #expect(decoded == bytes)
        if count >= 5_000 {
          // Exponents of weights are far from random: what a byte of two, or of four, saves.
          #expect(file.records[0].codec == .planes)
          let ratio = Double(file.records[0].storedSize) / Double(bytes.count)
          #expect(ratio < (encoding == .f32 ? 0.86 : encoding == .bf16 ? 0.70 : 0.95))
        }
      }
    }
  }

  @Test func keepsEveryKindOfNumber() throws {
    var bytes: [UInt8] = []
    let specials: [Float] = [
      .nan, .signalingNaN, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude, -1,
      .greatestFiniteMagnitude,
    ]
    for index in 0..<4_000 {
      withUnsafeBytes(of: specials[index % specials.count].bitPattern.littleEndian) { bytes += $0 }
    }
    try withFile([("w", .f32, bytes)]) { file in
      #expect(file.records[0].codec == .planes)
      let decoded = try file.tensor("w").copiedBytes
      #expect(decoded == bytes)
    }
  }

  @Test func doesWithoutWhereItDoesNotPay() throws {
    var random = SplitMix(seed: 2)
    let noise = (0..<700_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let bytes = weights(.bf16, 140_000)
    // What follows a tensor that was written twice must be in its place.
    try withFile([("a", .f32, noise), ("b", .bf16, bytes), ("c", .f32, [])]) { file in
      #expect(file.records.map(\.codec) == [.raw, .planes, .raw])
      let decoded = try file.tensor("a").copiedBytes
      #expect(decoded == noise)
      let other = try file.tensor("b").copiedBytes
      #expect(other == bytes)
      let empty = try file.tensor("c").copiedBytes
      #expect(empty.isEmpty)
    }
  }

  /// A file of zeros is no way to make a reader allocate a thousand times the file's size.
  @Test func neverGrowsMoreThanFourfold() throws {
    try withFile([("w", .f32, [UInt8](repeating: 0, count: 1 << 20))]) { file in
      #expect(file.records[0].storedSize * 4 > file.records[0].logicalSize)
      let floats = try file.tensor("w").floats()
      #expect(floats.allSatisfy { $0 == 0 })
    }
  }

  @Test func anyNumberOfThreadsMakesTheSameBytes() throws {
    let tensors = (0..<5).map {
      ("w\($0)", TensorEncoding.bf16, weights(.bf16, 200_000 + $0, seed: UInt64($0)))
    }
    var digests: Set<SHA256Digest> = []
    for threads in [1, 2, 3, 8] {
      try withFile(tensors, threads: threads) { _ = digests.insert($0.digest) }
    }
    #expect(digests.count == 1)
  }

  @Test func sharesDecodedNumbersWhileTheyAreUsed() throws {
    let file = try ContainerFile(path: Self.path, kind: .backbone)
    let first = try file.tensor("a")
    #expect(try file.tensor("a").bytes.baseAddress == first.bytes.baseAddress)
  }

  @Test(arguments: [EPT_ISA_SCALAR, EPT_ISA_AVX2, EPT_ISA_AVX512].map(\.rawValue), [2, 4])
  func everyInstructionSetMakesTheSamePlanes(isa: UInt32, width: Int) {
    guard ept_kernels_for(ept_isa(rawValue: isa)) != nil else { return }
    for count in [0, 1, 15, 16, 17, 63, 64, 65, 1_000] {
      var random = SplitMix(seed: 3)
      let numbers = (0..<count * width).map { _ in UInt8.random(in: 0...255, using: &random) }
      var planes = [UInt8](repeating: 0, count: count * width)
      ept_split_planes(Int32(isa), numbers, Int64(count), Int32(width), &planes)
      for index in 0..<count {
        // By the words of docs/reference/format.md: rotated left by one bit, plane k holds byte k.
        let bits = (0..<width).reduce(UInt64(0)) {
          $0 | UInt64(numbers[index * width + $1]) << (8 * $1)
        }
        let rotated = bits << 1 | bits >> (8 * width - 1)
        for plane in 0..<width {
          #expect(
            planes[plane * count + index] == UInt8(truncatingIfNeeded: rotated >> (8 * plane)))
        }
      }
      var joined = [UInt8](repeating: 0, count: count * width)
      planes.withUnsafeBufferPointer { planes in
        guard let base = planes.baseAddress else { return }
        let places = (0..<width).map { base + $0 * count }
        ept_join_planes(Int32(isa), places, Int64(count), Int32(width), &joined)
      }
      #expect(joined == numbers)
    }
  }
}
