import EPTSystem
import Synchronization

/// A container that is being written: its contents in file order, and its header as far as it is known.
struct ContainerAssembly {
  private let path: String
  private let sections: [ContainerWriter.Section]
  private let tensors: [ContainerWriter.Tensor]
  private var header = ContainerHeader()
  /// Where the last section ends.
  private var sectionsEnd = 0
  /// Where the last payload ends; for tensors to be compressed, as if they were not.
  private var end: Int

  /// Checks contents that are in order of their names, and decides where sections go.
  ///
  /// - Throws: `FormatError.corrupt` for contents that cannot be stored.
  init(
    sections: [ContainerWriter.Section], tensors: [ContainerWriter.Tensor], path: String
  ) throws {
    self.path = path
    self.sections = sections
    self.tensors = tensors
    try Self.checkNames(sections.map(\.name), path: path)
    try Self.checkNames(tensors.map(\.name), path: path)
    let noDigest = SHA256.digest(of: [])
    header.sections = sections.map {
      .init(name: $0.name, range: 0..<$0.size, checksum: 0, digest: noDigest)
    }
    header.tensors = try tensors.map {
      guard let size = $0.encoding.byteCount(shape: $0.shape),
        $0.shape.count <= ContainerLayout.maximumRank
      else {
        throw FormatError.corrupt(
          path: path, location: "tensor `\($0.name)`",
          reason: "\($0.encoding.name) of shape \($0.shape) cannot be stored")
      }
      return .init(
        name: $0.name, shape: $0.shape, encoding: $0.encoding, codec: .raw, range: 0..<size,
        logicalSize: size, checksum: 0, digest: noDigest)
    }
    // What is not known yet does not change the records' length.
    end = ContainerLayout.preambleSize + header.serialized().count
    for (index, record) in header.sections.enumerated() {
      header.sections[index].range = try place(record.range.count, of: record.name)
    }
    sectionsEnd = end
    for (index, record) in header.tensors.enumerated() {
      header.tensors[index].range = try place(record.range.count, of: record.name)
    }
  }

  /// The fewest bytes that the file can have.
  var leastByteCount: Int {
    var least = end
    for (tensor, record) in zip(tensors, header.tensors) where tensor.codec == .planes {
      guard let layout = PlaneLayout(record.encoding, count: record.count) else { continue }
      least -= record.logicalSize - min(record.logicalSize, layout.leastStoredSize)
    }
    return least
  }

  /// What has been made.
  func result(digest: SHA256Digest?) -> ContainerWriter.Result {
    .init(digest: digest, records: header.tensors, byteCount: end)
  }

  /// Checks `names`, which are in order.
  private static func checkNames(_ names: [String], path: String) throws {
    for (index, name) in names.enumerated() {
      if let reason = ContainerLayout.fault(inName: name) {
        throw FormatError.corrupt(path: path, location: "`\(name)`", reason: reason)
      }
      if index > 0, !ContainerLayout.precedes(names[index - 1], name) {
        throw FormatError.corrupt(path: path, location: "`\(name)`", reason: "it was added twice")
      }
    }
  }

  /// Places the next payload.
  private mutating func place(_ size: Int, of name: String) throws -> Range<Int> {
    guard let start = ContainerLayout.align(end), size <= Int.max - start else {
      throw FormatError.corrupt(
        path: path, location: "`\(name)`", reason: "the file would pass 2^63 bytes")
    }
    end = start + size
    return start..<end
  }
}

// MARK: - Writing

extension ContainerAssembly {
  /// Parts that are made at once, whatever the number of threads.
  private static let partsPerRound = 16

  /// Makes all tensors' payloads, and writes them unless `file` is nil.
  ///
  /// While the parts of one round are written in order, those of the next are made.
  ///
  /// - Throws: The first fault in file order.
  mutating func addTensors(
    to file: AtomicFile?, threads: Int, companions: [@Sendable () -> Void],
    progress: ContainerWriter.Progress
  ) throws {
    let beside = Companions(companions, threads: threads)
    defer { beside.wait() }
    let writer = PayloadWriter(
      tensors, records: header.tensors, after: sectionsEnd, file: file, path: path)
    let count = writer.parts.count
    var made: [PayloadPart] = []
    for start in stride(from: 0, to: count + Self.partsPerRound, by: Self.partsPerRound) {
      let last = made
      let next = min(start, count)..<min(start + Self.partsPerRound, count)
      let slots = Mutex([PayloadPart?](repeating: nil, count: next.count))
      try Parallel.forEach(1 + next.count, threads: threads - beside.running) { job in
        if job == 0 {
          try writer.append(last, from: next.lowerBound - last.count)
        } else {
          let part = try writer.make(next.lowerBound + job - 1)
          slots.withLock { $0[job - 1] = part }
        }
      }
      made = slots.withLock { $0.compactMap(\.self) }
      progress(next.lowerBound, count)
    }
    (header.tensors, end) = (writer.records, writer.end)
  }

  /// Writes the sections.
  ///
  /// - Throws: `FormatError`, and what the sections' contents throw.
  mutating func addSections(to file: AtomicFile) throws {
    for (index, section) in sections.enumerated() {
      let bytes = try section.bytes()
      let range = header.sections[index].range
      guard bytes.count == range.count else {
        throw FormatError.corrupt(
          path: path, location: "section `\(section.name)`",
          reason: "it has \(bytes.count) bytes instead of \(range.count)")
      }
      header.sections[index].checksum = XXH3.checksum(of: bytes)
      header.sections[index].digest = SHA256.digest(of: bytes)
      try bytes.withUnsafeBytes { try file.write($0, at: range.lowerBound) }
    }
  }

  /// Writes preamble and header, last since they hold the payloads' checksums.
  ///
  /// - Returns: The digest of both.
  /// - Throws: `SystemError.system`.
  func finish(
    _ file: AtomicFile, kind: ContainerKind, requiredFeatures: ContainerFeatures
  ) throws -> SHA256Digest {
    let records = header.serialized()
    let (preamble, digest) = ContainerPreamble.serialized(
      kind: kind, totalLength: end, header: records, requiredFeatures: requiredFeatures)
    try (preamble + records).withUnsafeBytes { try file.write($0, at: 0) }
    // Behind padding, an empty payload at the end has no byte that would have made the file so long.
    try file.resize(to: end)
    return digest
  }
}
