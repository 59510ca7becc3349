import EPTSystem
import Synchronization

/// A mapped container: named sections and tensors under one checksum, docs/reference/format.md.
///
/// Opening it checks the preamble, the records and the sections. A tensor's contents and the
/// padding before them are checked when the tensor is first used. The checksum is as fast as
/// memory. So no damaged byte is computed with, and no byte is read without need.
public final class ContainerFile: WeightSource {
  /// Backbone, bundle or checkpoint.
  public let kind: ContainerKind
  /// The mapped file.
  public let file: MappedFile
  /// SHA-256 over preamble and header, and through their checksums over the whole contents.
  public let digest: SHA256Digest
  /// What a reader of this file must know of.
  public let requiredFeatures: ContainerFeatures
  private let header: ContainerHeader
  /// The byte after the last record.
  private let headerEnd: Int
  /// What has been done for each tensor.
  private let states: Mutex<[TensorState]>

  private struct TensorState {
    /// Whether its contents have been checked.
    var isChecked = false
    /// Its numbers, if it is compressed and someone uses them now.
    weak var decoded: DecodedPayload?
  }

  /// Maps the file at `path` and checks all of it but the tensors' contents.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - kind: Which of the two kinds it must be.
  /// - Throws: `SystemError.missingFile`, `.system`, `.foreign`, `.truncated`, `.corrupt` or
  ///   `.unsupported`.
  public convenience init(path: String, kind: ContainerKind) throws {
    // Bundles and checkpoints are small, and others may copy new ones over them at any time.
    try self.init(
      kind == .backbone
        ? MappedFile(path: path)
        : MappedFile(reading: path, limit: ContainerLayout.largestInMemory),
      kind: kind)
  }

  /// Checks a file that is mapped already; otherwise as `init(path:kind:)`.
  package init(_ file: MappedFile, kind: ContainerKind) throws {
    let path = file.path
    let preamble = try ContainerPreamble(file.bytes, kind: kind, path: path)
    let headerStart = ContainerLayout.preambleSize
    headerEnd = headerStart + preamble.headerLength
    header = try ContainerHeader(
      UnsafeRawBufferPointer(rebasing: file.bytes[headerStart..<headerEnd]),
      totalLength: preamble.totalLength, path: path)
    self.kind = kind
    self.file = file
    digest = preamble.digest
    requiredFeatures = preamble.requiredFeatures
    states = Mutex([TensorState](repeating: TensorState(), count: header.tensors.count))
    for index in header.sections.indices { try checkSection(index) }
  }

  public var path: String { file.path }

  /// The names of all sections, in file order.
  public var sectionNames: [String] { header.sections.map(\.name) }

  public var tensorNames: [String] { header.tensors.map(\.name) }

  /// What the header says of each tensor, in file order.
  public var records: [TensorRecord] { header.tensors }

  /// Calls `body` with the bytes of section `name`, which are there until it returns; nil where there is
  /// none.
  public func withSection<Result>(
    _ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result? {
    try withExtendedLifetime(self) { try section(name).map(body) }
  }

  /// The bytes of section `name`, valid as long as this object, nil where there is none.
  package func section(_ name: String) -> UnsafeRawBufferPointer? {
    guard let index = Self.index(of: name, in: header.sections, at: \.name) else { return nil }
    return bytes(header.sections[index].range)
  }

  /// The bytes of section `name`, valid as long as this object.
  ///
  /// - Throws: `FormatError.corrupt` where there is none.
  func requiredSection(_ name: String) throws -> UnsafeRawBufferPointer {
    guard let bytes = section(name) else {
      throw FormatError.corrupt(
        path: path, location: "section `\(name)`", reason: "the file has none")
    }
    return bytes
  }

  /// The JSON in section `name`, whose values take no more memory than the file's size allows.
  ///
  /// - Throws: `FormatError.corrupt`.
  public func json(_ name: String) throws -> JSON {
    let bytes = try requiredSection(name)
    do {
      return try JSON(parsing: bytes, memory: JSONParser.memory(forFileOf: file.bytes.count))
    } catch let error as JSONError {
      throw FormatError.corrupt(
        path: path, location: "section `\(name)`", reason: error.description)
    }
  }

  /// The tensor called `name`, its contents checked and, where they are compressed, decoded.
  ///
  /// Decoded numbers are kept as long as someone uses them.
  ///
  /// - Throws: `FormatError.missingTensor` or `.corrupt`.
  public func tensor(_ name: String) throws -> StoredTensor {
    let index = try tensorIndex(name)
    try checkTensor(index)
    let record = header.tensors[index]
    switch record.codec {
    case .raw:
      return StoredTensor(
        name: record.name, shape: record.shape, encoding: record.encoding,
        bytes: bytes(record.range), owner: file)
    case .planes:
      let payload = try decoded(index)
      return StoredTensor(
        name: record.name, shape: record.shape, encoding: record.encoding, bytes: payload.bytes,
        owner: payload)
    }
  }

  private func decoded(_ index: Int) throws -> DecodedPayload {
    if let payload = states.withLock({ $0[index].decoded }) { return payload }
    let record = header.tensors[index]
    guard let layout = PlaneLayout(record.encoding, count: record.count),
      let payload = try DecodedPayload(bytes(record.range), layout: layout)
    else {
      throw FormatError.corrupt(
        path: path, location: "tensor `\(record.name)`",
        reason: "it cannot be decompressed; convert the checkpoint again")
    }
    states.withLock { $0[index].decoded = payload }
    return payload
  }

  /// Calls `body` with the bytes of tensor `name` as they are stored, unchecked, which are there until it
  /// returns; nil where there is none.
  public func withPayload<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result? {
    try withExtendedLifetime(self) {
      try Self.index(of: name, in: header.tensors, at: \.name)
        .map { try body(bytes(header.tensors[$0].range)) }
    }
  }

  /// Checks the contents of the tensors called `names` on up to `threads` threads, unless they have been.
  ///
  /// - Throws: `FormatError.missingTensor` or `.corrupt`.
  public func prepare(_ names: [String], threads: Int) throws {
    let indices = try names.map(tensorIndex)
    // The largest first, so that no thread is left with one at the end.
    let order = indices.sorted { header.tensors[$0].storedSize > header.tensors[$1].storedSize }
    try Parallel.forEach(order.count, threads: threads) { try checkTensor(order[$0]) }
  }

  private func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[range])
  }

  private func tensorIndex(_ name: String) throws -> Int {
    guard let index = Self.index(of: name, in: header.tensors, at: \.name) else {
      throw FormatError.missingTensor(path: path, tensor: name)
    }
    return index
  }

  private static func index<Record>(
    of name: String, in records: [Record], at key: KeyPath<Record, String>
  ) -> Int? {
    var (low, high) = (0, records.count)
    while low < high {
      let middle = (low + high) / 2
      if ContainerLayout.precedes(records[middle][keyPath: key], name) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < records.count, records[low][keyPath: key].utf8.elementsEqual(name.utf8) else {
      return nil
    }
    return low
  }
}

// MARK: - Checking contents

extension ContainerFile {
  /// Reads the whole file and checks every checksum, SHA-256 included, and every byte of padding.
  ///
  /// Nothing is decoded. The tensors are hashed on all processors.
  ///
  /// - Throws: `FormatError.corrupt`, naming the first section, tensor or byte at fault.
  public func verify() throws {
    for (index, section) in header.sections.enumerated() {
      try checkSection(index)
      try check(section.range, digest: section.digest, of: "section `\(section.name)`")
    }
    try Parallel.forEach(header.tensors.count) { index in
      let tensor = header.tensors[index]
      let place = "tensor `\(tensor.name)`"
      try checkPadding(before: tensor.range, after: end(beforeTensor: index))
      try check(tensor.range, checksum: tensor.checksum, of: place)
      try check(tensor.range, digest: tensor.digest, of: place)
    }
  }

  private func checkSection(_ index: Int) throws {
    let section = header.sections[index]
    try checkPadding(before: section.range, after: end(beforeSection: index))
    try check(section.range, checksum: section.checksum, of: "section `\(section.name)`")
  }

  /// Checks a tensor's contents and the padding before them, once.
  private func checkTensor(_ index: Int) throws {
    guard !states.withLock({ $0[index].isChecked }) else { return }
    let tensor = header.tensors[index]
    try checkPadding(before: tensor.range, after: end(beforeTensor: index))
    try check(tensor.range, checksum: tensor.checksum, of: "tensor `\(tensor.name)`")
    states.withLock { $0[index].isChecked = true }
  }

  private func check(_ range: Range<Int>, checksum: UInt64, of place: String) throws {
    guard XXH3.checksum(of: bytes(range)) == checksum else { throw damage(place) }
  }

  private func check(_ range: Range<Int>, digest: SHA256Digest, of place: String) throws {
    guard SHA256.digest(of: bytes(range)) == digest else { throw damage(place) }
  }

  private func damage(_ place: String) -> FormatError {
    .corrupt(
      path: path, location: place, reason: "the checksum differs; copy or download the file again")
  }

  private func end(beforeSection index: Int) -> Int {
    index > 0 ? header.sections[index - 1].range.upperBound : headerEnd
  }

  private func end(beforeTensor index: Int) -> Int {
    index > 0
      ? header.tensors[index - 1].range.upperBound : end(beforeSection: header.sections.count)
  }

  private func checkPadding(before next: Range<Int>, after end: Int) throws {
    let padding = file.bytes[end..<next.lowerBound]
    guard let fault = padding.firstIndex(where: { $0 != 0 }) else { return }
    throw FormatError.corrupt(
      path: path, location: "byte \(fault)", reason: "padding that is not zero")
  }
}
