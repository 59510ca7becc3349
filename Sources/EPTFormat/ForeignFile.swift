import EPTSystem

/// Files that commonly lie where others should be, known by their first bytes.
enum ForeignFile: CaseIterable {
  case gitLFSPointer
  case html
  case errorText
  case zipArchive
  case gguf
  case backbone
  case bundle
  case trainingCheckpoint
  case safetensors

  /// Recognises a file by its first bytes.
  init?(_ bytes: UnsafeRawBufferPointer) {
    let leading = bytes.prefix(512).drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    for kind in Self.allCases
    where kind.magics.contains(where: { Self.starts(leading, with: $0, kind: kind) }) {
      self = kind
      return
    }
    // A header length below 2^32 and the header's first byte.
    guard bytes.count > 8, bytes[4..<8].allSatisfy({ $0 == 0 }), bytes[8] == UInt8(ascii: "{")
    else { return nil }
    self = .safetensors
  }

  private static func starts(
    _ bytes: Slice<UnsafeRawBufferPointer>, with magic: [UInt8], kind: ForeignFile
  ) -> Bool {
    guard kind == .html else { return bytes.starts(with: magic) }
    // HTML is written in either case.
    return bytes.count >= magic.count
      && zip(bytes, magic).allSatisfy { $0 | ($0 >= 0x41 && $0 <= 0x5A ? 0x20 : 0) == $1 }
  }

  private var magics: [[UInt8]] {
    switch self {
    case .gitLFSPointer: [Array("version https://git-lfs".utf8)]
    case .html: [Array("<!doctype".utf8), Array("<html".utf8), Array("<?xml".utf8)]
    case .errorText:
      [
        "Entry not found", "404: Not Found", "Repository not found", "Invalid username or password",
        "Access to model", #"{"error":"#,
      ].map { Array($0.utf8) }
    case .zipArchive: [[0x50, 0x4B, 0x03, 0x04]]
    case .gguf: [Array("GGUF".utf8)]
    case .backbone: [ContainerKind.backbone.magic]
    case .bundle: [ContainerKind.bundle.magic]
    case .trainingCheckpoint: [ContainerKind.checkpoint.magic]
    case .safetensors: []
    }
  }

  /// The error for such a file where `expected` should be.
  func error(path: String, expected: String) -> FormatError {
    let (what, hint) =
      switch self {
      case .gitLFSPointer:
        ("a git-LFS pointer", "fetch the file itself with `git lfs pull`")
      case .html:
        ("a web page", "the download went wrong; fetch the file itself again")
      case .errorText:
        ("a server's message of an error", "the download went wrong; fetch the file itself again")
      case .zipArchive:
        ("a zip archive, perhaps a PyTorch checkpoint", "convert it first")
      case .gguf:
        ("a GGUF file", "convert it with `eptc convert` first")
      case .backbone:
        ("a .ept backbone", "convert has been done already; use it as the model")
      case .bundle:
        ("an .eptb bundle", "use it as the prompt")
      case .trainingCheckpoint:
        ("a checkpoint of a training run", "finish that run first")
      case .safetensors:
        ("a safetensors checkpoint", "convert it first")
      }
    return .foreign(path: path, what: what, expected: expected, hint: hint, remedy: remedy)
  }

  private var remedy: FormatError.Remedy? {
    switch self {
    case .zipArchive, .safetensors: .convert
    case .trainingCheckpoint: .finishRun
    default: nil
    }
  }
}

extension MappedFile {
  /// Refuses what is left in a file's place where fetching it went wrong: a git-LFS pointer or a
  /// web page.
  ///
  /// For texts of a checkpoint or a data set, which have no magic; the readers of weights, backbones
  /// and bundles do it themselves.
  ///
  /// - Parameter expected: What the file should be, such as `a tokenizer`.
  /// - Throws: `FormatError.foreign`.
  public func refuseStandIn(for expected: String) throws {
    switch ForeignFile(bytes) {
    case let standIn? where standIn == .gitLFSPointer || standIn == .html:
      throw standIn.error(path: path, expected: expected)
    default: break
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether the first eight bytes are printable ASCII, as those of most texts are, and of no binary
  /// file's head.
  var beginsAsText: Bool {
    count >= 8
      && prefix(8).allSatisfy {
        (0x20..<0x7F).contains($0) || [0x09, 0x0A, 0x0D].contains($0)
      }
  }
}
