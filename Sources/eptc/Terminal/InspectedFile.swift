import EPTFormat
import EPTSystem

/// A file of any kind, as `inspect` sees it.
struct InspectedFile {
  enum Kind {
    case safetensors(SafetensorsFile)
    case backbone(BackboneFile)
    case bundle(ContainerFile)
    /// Of a training run.
    case checkpoint(ContainerFile)
  }

  /// What is known of a tensor without reading it.
  struct Tensor {
    let name: String
    let type: String
    let codec: PayloadCodec
    let shape: [Int]
    let byteCount: Int

    /// Bits for a number of the tensor, 0 for a tensor without any.
    var bitsPerWeight: Double {
      let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
      return count > 0 ? 8 * Double(byteCount) / Double(count) : 0
    }
  }

  let path: String
  let kind: Kind
  /// Whether all of its contents have been checked.
  let isVerified: Bool

  /// Opens the file at `path`; checks all of its contents, which a safetensors file cannot be, if
  /// `verifying`.
  ///
  /// - Throws: `FormatError`.
  init(_ path: String, verifying: Bool) throws {
    self.path = path
    switch try ContainerKind(ofFile: path) {
    case .backbone?:
      let file = try BackboneFile(path: path)
      if verifying { try file.verify() }
      (kind, isVerified) = (.backbone(file), verifying)
    case .bundle?:
      let file = try ContainerFile(path: path, kind: .bundle)
      if verifying { try file.verify() }
      (kind, isVerified) = (.bundle(file), verifying)
    case .checkpoint?:
      let file = try ContainerFile(path: path, kind: .checkpoint)
      if verifying { try file.verify() }
      (kind, isVerified) = (.checkpoint(file), verifying)
    case nil:
      if try Self.isText(path) { throw CommandError.dataFile(path: path) }
      (kind, isVerified) = (.safetensors(try SafetensorsFile(path: path)), false)
    }
  }

  /// Whether the file's first bytes are text, and not that of a stand-in for a model.
  private static func isText(_ path: String) throws -> Bool {
    let file = try MappedFile(path: path)
    let bytes = file.withBytes { Array($0.prefix(256)) }
    let isMarked = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    if isMarked { return true }
    let isPlain = bytes.allSatisfy { $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    let start = String(decoding: bytes, as: UTF8.self).lowercased()
    let isStandIn =
      start.hasPrefix("version https://git-lfs") || start.contains("<html")
      || start.contains("<!doctype")
    return !bytes.isEmpty && isPlain && !isStandIn
  }

  /// All tensors, in file order.
  var tensors: [Tensor] {
    switch kind {
    case .safetensors(let file):
      file.entries.map {
        Tensor(
          name: $0.name, type: $0.type.rawValue, codec: .raw, shape: $0.shape,
          byteCount: $0.byteCount)
      }
    case .backbone(let file): Self.tensors(of: file.container)
    case .bundle(let file), .checkpoint(let file): Self.tensors(of: file)
    }
  }

  private static func tensors(of file: ContainerFile) -> [Tensor] {
    file.records.map {
      Tensor(
        name: $0.name, type: $0.encoding.name, codec: $0.codec, shape: $0.shape,
        byteCount: $0.storedSize)
    }
  }

  /// The file's tensors as numbers.
  var weights: any WeightSource {
    switch kind {
    case .safetensors(let file): file
    case .backbone(let file): file
    case .bundle(let file), .checkpoint(let file): file
    }
  }

  /// Calls `body` with the bytes of tensor `name` as they are stored, which are there until it returns;
  /// nil where there is no such tensor.
  func withStoredBytes<Result>(
    _ name: String, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result? {
    switch kind {
    case .safetensors(let file): file.entry(name)?.withBytes(body)
    case .backbone(let file): file.container.withPayload(of: name, body)
    case .bundle(let file), .checkpoint(let file): file.withPayload(of: name, body)
    }
  }
}
