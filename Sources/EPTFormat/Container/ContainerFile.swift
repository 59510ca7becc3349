import Dispatch
import Synchronization

/// A mapped container: named sections and tensors under one checksum, docs/format.md.
///
/// Opening it checks the preamble, the records and the sections; the tensors' contents and the
/// padding as well unless it is told not to.
public final class ContainerFile: WeightSource {
  public let kind: ContainerKind
  /// The mapped file.
  public let file: MappedFile
  /// SHA-256 over preamble and header, and through their checksums over the whole contents.
  public let digest: SHA256Digest
  private let header: ContainerHeader
  /// The byte after the last record.
  private let headerEnd: Int

  /// Maps and checks the file at `path`.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - kind: Which of the two kinds it must be.
  ///   - verifying: Whether to read and check the tensors' contents too, as `verify()` does.
  /// - Throws: `FormatError.missingFile`, `.system`, `.foreign`, `.truncated`, `.corrupt` or
  ///   `.unsupported`.
  public convenience init(path: String, kind: ContainerKind, verifying: Bool = true) throws {
    try self.init(MappedFile(path: path), kind: kind, verifying: verifying)
  }

  /// Checks a file that is mapped already; otherwise as `init(path:kind:verifying:)`.
  package init(_ file: MappedFile, kind: ContainerKind, verifying: Bool = true) throws {
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
    for section in header.sections {
      try check(section.range, digest: section.digest, what: "section `\(section.name)`")
    }
    if verifying { try verify() }
  }

  public var path: String { file.path }

  /// The names of all sections, in file order.
  public var sectionNames: [String] { header.sections.map(\.name) }

  public var tensorNames: [String] { header.tensors.map(\.name) }

  /// The bytes of section `name`, valid as long as this object, nil where there is none.
  public func section(_ name: String) -> UnsafeRawBufferPointer? {
    guard let index = Self.index(of: name, in: header.sections, at: \.name) else { return nil }
    return UnsafeRawBufferPointer(rebasing: file.bytes[header.sections[index].range])
  }

  public func tensor(_ name: String) throws -> StoredTensor {
    guard let index = Self.index(of: name, in: header.tensors, at: \.name) else {
      throw FormatError.missingTensor(path: path, tensor: name)
    }
    let tensor = header.tensors[index]
    return StoredTensor(
      name: tensor.name, shape: tensor.shape, encoding: tensor.encoding,
      bytes: UnsafeRawBufferPointer(rebasing: file.bytes[tensor.range]), file: file)
  }

  /// The SHA-256 of tensor `name`'s stored bytes, as its record has it; nil without the tensor.
  public func tensorDigest(_ name: String) -> SHA256Digest? {
    Self.index(of: name, in: header.tensors, at: \.name).map { header.tensors[$0].digest }
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

  /// Reads the whole file and checks every checksum and every byte of padding.
  ///
  /// Hashes the tensors on all processors.
  ///
  /// - Throws: `FormatError.corrupt`, naming the first section, tensor or byte at fault.
  public func verify() throws {
    try checkPadding()
    for section in header.sections {
      try check(section.range, digest: section.digest, what: "section `\(section.name)`")
    }
    let failures = Mutex<[Int: any Error]>([:])
    DispatchQueue.concurrentPerform(iterations: header.tensors.count) { index in
      let tensor = header.tensors[index]
      do {
        try check(tensor.range, digest: tensor.digest, what: "tensor `\(tensor.name)`")
      } catch {
        failures.withLock { $0[index] = error }
      }
    }
    if let first = failures.withLock({ $0.min { $0.key < $1.key }?.value }) { throw first }
  }

  private func check(_ range: Range<Int>, digest: SHA256Digest, what: String) throws {
    guard SHA256.digest(of: UnsafeRawBufferPointer(rebasing: file.bytes[range])) == digest else {
      throw FormatError.corrupt(
        path: path, location: what,
        reason: "the checksum differs; copy or download the file again")
    }
  }

  private func checkPadding() throws {
    let ranges = header.sections.map(\.range) + header.tensors.map(\.range)
    for (end, next) in zip([headerEnd] + ranges.map(\.upperBound), ranges.map(\.lowerBound)) {
      guard let fault = file.bytes[end..<next].firstIndex(where: { $0 != 0 }) else { continue }
      throw FormatError.corrupt(
        path: path, location: "byte \(fault)", reason: "padding that is not zero")
    }
  }
}
