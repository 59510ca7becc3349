import EPTSystem

/// Collects sections and tensors and writes them as one container, docs/reference/format.md.
///
/// The same contents give the same bytes, in whatever order they were added and with whatever number
/// of threads.
public struct ContainerWriter {
  struct Section {
    let name: String
    /// Bytes of the section.
    let size: Int
    let bytes: () throws -> [UInt8]
  }

  struct Tensor {
    let name: String
    let shape: [Int]
    let encoding: TensorEncoding
    /// The codec to try.
    let codec: PayloadCodec
    let contents: PayloadContents
  }

  /// Told the parts of tensors written and in all.
  public typealias Progress = (_ done: Int, _ total: Int) -> Void

  private let kind: ContainerKind
  private let requiredFeatures: ContainerFeatures
  private var sections: [Section] = []
  private var tensors: [Tensor] = []
  private var companions: [@Sendable () -> Void] = []

  /// Begins an empty container, which is not to be read without `requiredFeatures`.
  public init(kind: ContainerKind, requiredFeatures: ContainerFeatures = []) {
    self.kind = kind
    self.requiredFeatures = requiredFeatures
  }

  /// Adds a section.
  public mutating func addSection(_ name: String, _ bytes: [UInt8]) {
    addSection(name, size: bytes.count) { bytes }
  }

  /// Adds a section of `size` bytes that `bytes` gives when all tensors are written and all companions
  /// are done.
  public mutating func addSection(
    _ name: String, size: Int, _ bytes: @escaping () throws -> [UInt8]
  ) {
    sections.append(Section(name: name, size: size, bytes: bytes))
  }

  /// Adds work that is to be done beside the writing.
  public mutating func addCompanion(_ work: @escaping @Sendable () -> Void) {
    companions.append(work)
  }

  /// Adds a tensor whose bytes are there already.
  public mutating func addTensor(
    name: String, shape: [Int], encoding: TensorEncoding, bytes: [UInt8]
  ) {
    addTensor(name: name, shape: shape, encoding: encoding, contents: PayloadContents(bytes))
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
  ///   - codec: How to compress them, which is done if it saves 5 %. For `planes` every part but the
  ///     last must hold `numbersPerPlanePart` numbers, and none a tail.
  ///   - contents: The encoded numbers.
  public mutating func addTensor(
    name: String, shape: [Int], encoding: TensorEncoding, codec: PayloadCodec = .raw,
    contents: PayloadContents
  ) {
    tensors.append(
      Tensor(name: name, shape: shape, encoding: encoding, codec: codec, contents: contents))
  }

  /// How many numbers a part of a tensor has that is to be compressed in planes.
  public static let numbersPerPlanePart = PlaneLayout.numbersPerFrame

  /// What a written container is.
  public struct Result: Sendable, Equatable {
    /// Over all of its contents; nil for a file that was not written.
    public let digest: SHA256Digest?
    /// The tensors in file order, checksums and digests only of a file that was written.
    public let records: [TensorRecord]
    /// Bytes of the file.
    public let byteCount: Int
  }

  /// Finds out what `write` would make, compressing what must be compressed to know.
  ///
  /// - Throws: What `write` throws but for failing writes.
  public func dryRun(threads: Int) throws -> Result {
    var assembly = try assembly(path: "the container")
    if tensors.contains(where: { $0.codec != .raw }) {
      try assembly.addTensors(to: nil, threads: threads, companions: [], progress: { _, _ in })
    }
    return assembly.result(digest: nil)
  }

  /// Writes everything to `path`, which is untouched unless all goes well.
  ///
  /// - Parameters:
  ///   - path: The file to make.
  ///   - replacing: Whether a file that is there may be replaced.
  ///   - threads: How many threads to make parts on.
  ///   - progress: Called now and then, on this thread.
  /// - Returns: What was written.
  /// - Throws: `SystemError.outputExists`, `.system`, `.corrupt` for contents that contradict
  ///   their description, and what a tensor's contents throw: the first in file order.
  @discardableResult
  public func write(
    to path: String, replacing: Bool, threads: Int = 1, progress: Progress = { _, _ in }
  ) throws -> Result {
    try write(
      to: AtomicFile(path: path, replacing: replacing), threads: threads, progress: progress)
  }

  func write(
    to file: AtomicFile, threads: Int = 1, progress: Progress = { _, _ in }
  ) throws -> Result {
    var assembly = try assembly(path: file.path)
    try file.reserve(assembly.leastByteCount)
    try assembly.addTensors(
      to: file, threads: threads, companions: companions, progress: progress)
    try assembly.addSections(to: file)
    let digest = try assembly.finish(file, kind: kind, requiredFeatures: requiredFeatures)
    try file.commit()
    return assembly.result(digest: digest)
  }

  private func assembly(path: String) throws -> ContainerAssembly {
    try ContainerAssembly(
      sections: sections.sorted { ContainerLayout.precedes($0.name, $1.name) },
      tensors: tensors.sorted { ContainerLayout.precedes($0.name, $1.name) }, path: path)
  }
}
