import EPTSystem

/// A mapped file of `torch.save` that holds a dictionary of tensors: a zip archive with a pickle.
///
/// The pickle is read, never run (`TensorPickle`).
public final class PyTorchFile: WeightSource {
  private struct Entry {
    let type: SafetensorsType
    let shape: [Int]
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  }

  /// All names, in the dictionary's order.
  public let tensorNames: [String]
  private let entries: [ByteName: Entry]
  private let file: MappedFile

  /// More bytes than any dictionary of tensors needs to describe itself.
  private static let longestPickle = 1 << 26

  /// Maps the file at `path` and checks all but the numbers themselves.
  ///
  /// - Throws: `SystemError.missingFile`, `.system`, `.foreign`, `.corrupt` or `.unsupported`.
  public convenience init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  /// Checks a file that is mapped already; otherwise as `init(path:)`.
  package init(_ file: MappedFile) throws {
    let path = file.path
    if let foreign = ForeignFile(file.bytes), foreign != .zipArchive {
      throw foreign.error(path: path, expected: "a file of torch.save")
    }
    guard file.bytes.starts(with: [0x50, 0x4B]) else {
      throw FormatError.unsupported(
        path: path, what: "a file that is no zip archive",
        hint: "save it again with PyTorch 1.6 or later, or as safetensors")
    }
    let archive = try StoredZip(file.bytes, path: path)
    let pickles = archive.entries.keys.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
    guard let pickle = pickles.first, pickles.count == 1, let bytes = archive.entries[pickle],
      bytes.count <= Self.longestPickle
    else {
      throw FormatError.corrupt(
        path: path, location: "data.pkl", reason: "the archive must hold one, of at most 64 MiB")
    }
    let folder = pickle.dropLast("data.pkl".count)
    if let order = archive.entries[folder + "byteorder"], !order.elementsEqual("little".utf8) {
      throw FormatError.unsupported(
        path: path, what: "the byte order of another machine",
        hint: "save the tensors as safetensors")
    }
    var names: [String] = []
    var entries: [ByteName: Entry] = [:]
    for (name, tensor) in try TensorPickle.tensors(bytes, path: path) {
      let data = archive.entries[folder + "data/" + tensor.storage.key]
      let entry = try Self.entry(name, tensor, data, path: path)
      guard entries.updateValue(entry, forKey: ByteName(name)) == nil else {
        throw FormatError.corrupt(
          path: path, location: "tensor `\(name)`", reason: "it stands twice")
      }
      names.append(name)
    }
    tensorNames = names
    self.entries = entries
    self.file = file
  }

  public var path: String { file.path }

  public func tensor(_ name: String) throws -> StoredTensor {
    guard let entry = entries[ByteName(name)] else {
      throw FormatError.missingTensor(path: path, tensor: name)
    }
    return StoredTensor(
      name: name, shape: entry.shape,
      encoding: try entry.type.weightEncoding(of: name, path: path), bytes: entry.bytes,
      owner: file)
  }

  /// Finds the bytes of `tensor` in its storage's.
  private static func entry(
    _ name: String, _ tensor: TensorPickle.Tensor, _ data: UnsafeRawBufferPointer?, path: String
  ) throws -> Entry {
    func fault(_ reason: String) -> FormatError {
      .corrupt(path: path, location: "tensor `\(name)`", reason: reason)
    }
    guard let data else { throw fault("the archive lacks its numbers") }
    let type = tensor.storage.type
    guard type.byteCount(shape: [tensor.storage.count]) == data.count else {
      throw fault("its numbers take \(data.count) bytes, not those of \(tensor.storage.count)")
    }
    guard let size = type.byteCount(shape: tensor.shape),
      let start = type.byteCount(shape: [tensor.offset]),
      start <= data.count, size <= data.count - start
    else { throw fault("it reaches beyond its numbers") }
    // Row-major: each stride is the product of the sizes behind it; of one index, none is taken.
    var expected = 1
    for (size, stride) in zip(tensor.shape, tensor.strides).reversed() {
      guard size <= 1 || stride == expected else {
        throw FormatError.unsupported(
          path: path, what: "tensor `\(name)`, which is a view in another order",
          hint: "save it with .contiguous()")
      }
      let (product, overflows) = expected.multipliedReportingOverflow(by: max(1, size))
      guard !overflows else { throw fault("its sizes overflow") }
      expected = product
    }
    return Entry(
      type: type, shape: tensor.shape,
      bytes: UnsafeRawBufferPointer(rebasing: data[start..<start + size]))
  }
}
