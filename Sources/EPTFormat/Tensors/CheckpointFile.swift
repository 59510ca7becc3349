import EPTSystem

/// A file of a checkpoint's weights, safetensors or PyTorch's.
public protocol CheckpointFile: AnyObject, WeightSource {
  /// The whole mapped file.
  var file: MappedFile { get }

  /// The tensor called `name`, nothing of it decoded.
  ///
  /// - Throws: `FormatError.missingTensor`, `.unsupported` for a type or an order that is not read,
  ///   or `.corrupt` for contents that are damaged.
  func checkpointTensor(_ name: String) throws -> CheckpointTensor
}

extension CheckpointFile {
  public var path: String { file.path }

  public func tensor(_ name: String) throws -> StoredTensor {
    try checkpointTensor(name).stored()
  }
}

/// Opens files of either kind.
public enum CheckpointFiles {
  /// Opens the file at `path` as what it is: a zip archive of PyTorch's, or safetensors.
  ///
  /// - Throws: What `SafetensorsFile` and `PyTorchFile` throw.
  public static func open(path: String) throws -> any CheckpointFile {
    let file = try MappedFile(path: path)
    return PyTorchFile.recognizes(file) ? try PyTorchFile(file) : try SafetensorsFile(file)
  }
}
