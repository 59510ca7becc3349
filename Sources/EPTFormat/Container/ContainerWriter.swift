/// Collects sections and tensors and writes them as one container, docs/format.md.
///
/// The same contents give the same bytes, in whatever order they were added.
public struct ContainerWriter {
  /// Takes the next bytes of a payload.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  private struct Section {
    let name: String
    let bytes: [UInt8]
  }

  private struct Tensor {
    let name: String
    let shape: [Int]
    let encoding: TensorEncoding
    let contents: (Sink) throws -> Void
  }

  /// Everything in file order; the header lacks the tensors' digests.
  private struct Plan {
    let sections: [Section]
    let tensors: [Tensor]
    let header: ContainerHeader
    let totalLength: Int
  }

  private let kind: ContainerKind
  private var sections: [Section] = []
  private var tensors: [Tensor] = []

  /// Begins an empty container.
  public init(kind: ContainerKind) {
    self.kind = kind
  }

  /// Adds a section.
  public mutating func addSection(_ name: String, _ bytes: [UInt8]) {
    sections.append(Section(name: name, bytes: bytes))
  }

  /// Adds a tensor whose bytes are there already.
  public mutating func addTensor(
    name: String, shape: [Int], encoding: TensorEncoding, bytes: [UInt8]
  ) {
    addTensor(name: name, shape: shape, encoding: encoding) { sink in
      try bytes.withUnsafeBytes { try sink($0) }
    }
  }

  /// Adds a tensor of binary32 numbers, row-major.
  public mutating func addTensor(name: String, shape: [Int], floats: [Float]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * floats.count)
    for value in floats { bytes.append(littleEndian: value.bitPattern) }
    addTensor(name: name, shape: shape, encoding: .f32, bytes: bytes)
  }

  /// Adds a tensor whose bytes are made while the file is written.
  ///
  /// - Parameters:
  ///   - name: Unique among the tensors.
  ///   - shape: Sizes, outermost first.
  ///   - encoding: How `contents` encodes the numbers.
  ///   - contents: Hands the bytes, in order and in parts of any size, to the sink; called once
  ///     a write.
  public mutating func addTensor(
    name: String, shape: [Int], encoding: TensorEncoding,
    contents: @escaping (Sink) throws -> Void
  ) {
    tensors.append(Tensor(name: name, shape: shape, encoding: encoding, contents: contents))
  }

  /// The length of the file that `write` would make.
  ///
  /// - Throws: `FormatError.corrupt` for contents that cannot be stored.
  public func byteCount() throws -> Int {
    try plan(path: "the container").totalLength
  }

  /// Writes everything to `path`, which is untouched unless all goes well.
  ///
  /// - Parameters:
  ///   - path: The file to make.
  ///   - replacing: Whether a file that is there may be replaced.
  /// - Returns: The container's digest, over all of its contents.
  /// - Throws: `FormatError.outputExists`, `.system`, `.corrupt` for contents that contradict
  ///   their description, and what a tensor's `contents` throws.
  @discardableResult
  public func write(to path: String, replacing: Bool) throws -> SHA256Digest {
    try write(to: AtomicFile(path: path, replacing: replacing))
  }

  func write(to file: AtomicFile) throws -> SHA256Digest {
    let plan = try plan(path: file.path)
    var header = plan.header
    try file.reserve(plan.totalLength)
    for (section, record) in zip(plan.sections, header.sections) {
      try section.bytes.withUnsafeBytes { try file.write($0, at: record.range.lowerBound) }
    }
    for (index, tensor) in plan.tensors.enumerated() {
      (header.tensors[index].checksum, header.tensors[index].digest) = try Self.write(
        tensor, in: header.tensors[index].range, to: file)
    }
    // Last, since the header holds the payloads' checksums.
    let records = header.serialized()
    let (preamble, digest) = ContainerPreamble.serialized(
      kind: kind, totalLength: plan.totalLength, header: records)
    try (preamble + records).withUnsafeBytes { try file.write($0, at: 0) }
    try file.commit()
    return digest
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

  /// Decides what goes where.
  private func plan(path: String) throws -> Plan {
    let sections = sections.sorted { ContainerLayout.precedes($0.name, $1.name) }
    let tensors = tensors.sorted { ContainerLayout.precedes($0.name, $1.name) }
    try Self.checkNames(sections.map(\.name), path: path)
    try Self.checkNames(tensors.map(\.name), path: path)
    var header = ContainerHeader()
    header.sections = sections.map {
      .init(
        name: $0.name, range: 0..<$0.bytes.count, checksum: XXH3.checksum(of: $0.bytes),
        digest: SHA256.digest(of: $0.bytes))
    }
    let noDigest = SHA256.digest(of: [])
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
    // The places do not change the records' length.
    var end = ContainerLayout.preambleSize + header.serialized().count
    func place(_ range: Range<Int>, _ name: String) throws -> Range<Int> {
      guard let start = ContainerLayout.align(end), range.count <= Int.max - start else {
        throw FormatError.corrupt(
          path: path, location: "`\(name)`", reason: "the file would pass 2^63 bytes")
      }
      end = start + range.count
      return start..<end
    }
    for (index, record) in header.sections.enumerated() {
      header.sections[index].range = try place(record.range, record.name)
    }
    for (index, record) in header.tensors.enumerated() {
      header.tensors[index].range = try place(record.range, record.name)
    }
    return Plan(sections: sections, tensors: tensors, header: header, totalLength: end)
  }

  /// Writes one tensor's bytes and gives their checksums.
  private static func write(
    _ tensor: Tensor, in range: Range<Int>, to file: AtomicFile
  ) throws -> (checksum: UInt64, digest: SHA256Digest) {
    let checksum = XXH3Stream()
    var hash = SHA256()
    var written = 0
    func fault() -> FormatError {
      .corrupt(
        path: file.path, location: "tensor `\(tensor.name)`",
        reason: "its contents are not the \(range.count) bytes that its shape asks for")
    }
    try tensor.contents { bytes in
      guard bytes.count <= range.count - written else { throw fault() }
      checksum.update(bytes)
      hash.update(bytes)
      try file.write(bytes, at: range.lowerBound + written)
      written += bytes.count
    }
    guard written == range.count else { throw fault() }
    return (checksum.checksum, hash.finish())
  }
}
