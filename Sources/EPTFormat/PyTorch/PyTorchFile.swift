import EPTSystem
import Synchronization

/// A mapped file of `torch.save` that holds a dictionary of tensors: a zip archive with a pickle.
///
/// The pickle is read, never run (`TensorPickle`). Numbers stay where they are mapped; the checksum
/// of a storage is checked when one of its tensors is first used.
public final class PyTorchFile: CheckpointFile {
  /// All names, in the dictionary's order.
  public let tensorNames: [String]
  public let file: MappedFile
  private let tensors: [ByteName: TensorPickle.Tensor]
  private let archive: StoredZip
  /// The archive's folder, with the slash behind it.
  private let folder: String
  /// Storages whose checksum has been found to be right.
  private let checked = Mutex<Set<ByteName>>([])

  /// More bytes than any dictionary of tensors needs to describe itself.
  private static let longestPickle = 1 << 26
  private static let zipMagic: [UInt8] = [0x50, 0x4B]
  /// What a file of PyTorch before 1.6 begins with: a pickle of the number 0x1950A86A20F9469CFC6C.
  private static let legacyMagic: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]

  /// Maps the file at `path` and checks all but the numbers themselves.
  ///
  /// - Throws: `SystemError.missingFile`, `.system`, `.foreign`, `.corrupt` or `.unsupported`.
  public convenience init(path: String) throws {
    try self.init(MappedFile(path: path))
  }

  /// Whether `file` is one of PyTorch's by its first bytes, or by its name if they tell nothing.
  static func recognizes(_ file: MappedFile) -> Bool {
    if file.bytes.starts(with: zipMagic) || file.bytes.starts(with: legacyMagic) { return true }
    return [".bin", ".pt", ".pth", ".ckpt"].contains { file.path.hasSuffix($0) }
      && ForeignFile(file.bytes) != .safetensors
  }

  /// Checks a file that is mapped already; otherwise as `init(path:)`.
  package init(_ file: MappedFile) throws {
    let path = file.path
    if let foreign = ForeignFile(file.bytes), foreign != .zipArchive {
      throw foreign.error(path: path, expected: "a file of torch.save")
    }
    guard file.bytes.starts(with: Self.zipMagic) else {
      let isLegacy = file.bytes.starts(with: Self.legacyMagic)
      throw FormatError.unsupported(
        path: path,
        what: isLegacy ? "the format of PyTorch before 1.6" : "a file that is no zip archive",
        hint: "load the model with a current transformers and save it with save_pretrained, "
          + "which writes safetensors")
    }
    let archive = try StoredZip(file.bytes, path: path)
    let pickles = archive.entries.keys.map(\.text).filter {
      $0 == "data.pkl" || $0.hasSuffix("/data.pkl")
    }
    guard let pickle = pickles.first, pickles.count == 1,
      archive.entries[ByteName(pickle)].map({ $0.bytes.count <= Self.longestPickle }) ?? false,
      let bytes = try archive.contents(pickle)
    else {
      throw FormatError.corrupt(
        path: path, location: "data.pkl", reason: "the archive must hold one, of at most 64 MiB")
    }
    let folder = String(pickle.dropLast("data.pkl".count))
    if let order = try archive.contents(folder + "byteorder"), !order.elementsEqual("little".utf8) {
      throw FormatError.unsupported(
        path: path, what: "the byte order of another machine",
        hint: "save the tensors as safetensors")
    }
    var names: [String] = []
    var tensors: [ByteName: TensorPickle.Tensor] = [:]
    for (name, tensor) in try TensorPickle.tensors(bytes, path: path, fileSize: file.bytes.count) {
      let data = archive.entries[ByteName(folder + "data/" + tensor.storage.key)]
      if let reason = Self.fault(in: tensor, storage: data?.bytes.count) {
        throw FormatError.corrupt(path: path, location: "tensor `\(name)`", reason: reason)
      }
      guard tensors.updateValue(tensor, forKey: ByteName(name)) == nil else {
        throw FormatError.corrupt(
          path: path, location: "tensor `\(name)`", reason: "it stands twice")
      }
      names.append(name)
    }
    tensorNames = names
    self.tensors = tensors
    self.archive = archive
    self.folder = folder
    self.file = file
  }

  public func checkpointTensor(_ name: String) throws -> CheckpointTensor {
    guard let tensor = tensors[ByteName(name)] else {
      throw FormatError.missingTensor(path: path, tensor: name)
    }
    // A type that is no weight is told before anything of it is read.
    _ = try tensor.storage.type.weightEncoding(of: name, path: path)
    let count = tensor.shape.reduce(1, *)
    guard count <= tensor.storage.count else {
      throw FormatError.unsupported(
        path: path, what: "tensor `\(name)`, which has more numbers than are stored for it",
        hint: "save it with .contiguous()")
    }
    let entry = try checkedEntry(folder + "data/" + tensor.storage.key)
    let size = tensor.storage.type.bits / 8
    let elements =
      tensor.isRowMajor
      ? entry.bytes[size * tensor.offset..<size * (tensor.offset + count)]
      : entry.bytes[(size * tensor.offset)...]
    return try CheckpointTensor(
      name: name, type: tensor.storage.type, shape: tensor.shape,
      strides: tensor.isRowMajor ? nil : tensor.strides,
      elements: UnsafeRawBufferPointer(rebasing: elements), owner: file, path: path)
  }

  /// Checks the storages of tensors `names`.
  public func prepare(_ names: [String], threads: Int) throws {
    let storages = Set(names.compactMap { tensors[ByteName($0)].map { ByteName($0.storage.key) } })
      .sorted()
    try Parallel.forEach(storages.count, threads: threads) { index in
      _ = try checkedEntry(folder + "data/" + storages[index].text)
    }
  }

  /// A storage whose checksum is right.
  private func checkedEntry(_ name: String) throws -> StoredZip.Entry {
    let key = ByteName(name)
    guard let entry = archive.entries[key] else {
      throw FormatError.corrupt(path: path, location: "entry `\(name)`", reason: "it is not there")
    }
    if checked.withLock({ $0.contains(key) }) { return entry }
    try archive.check(entry, name) { file.releasePages($0) }
    checked.withLock { _ = $0.insert(key) }
    return entry
  }

  /// What is wrong with a tensor whose storage takes `size` bytes; nil if nothing is.
  private static func fault(in tensor: TensorPickle.Tensor, storage size: Int?) -> String? {
    guard let size else { return "the archive lacks its numbers" }
    let storage = tensor.storage
    guard storage.type.byteCount(shape: [storage.count]) == size else {
      return "its numbers take \(size) bytes, not those of \(storage.count)"
    }
    guard storage.type.byteCount(shape: tensor.shape) != nil else { return "its sizes overflow" }
    guard !tensor.shape.contains(0) else {
      return tensor.offset <= storage.count ? nil : "it reaches beyond its numbers"
    }
    var last = tensor.offset
    for (size, stride) in zip(tensor.shape, tensor.strides) where size > 1 {
      let (step, overflows) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, passes) = last.addingReportingOverflow(step)
      guard !overflows, !passes else { return "it reaches beyond its numbers" }
      last = sum
    }
    return last < storage.count ? nil : "it reaches beyond its numbers"
  }
}
