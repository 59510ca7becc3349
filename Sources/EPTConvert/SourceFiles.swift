import EPTFormat
import Synchronization

/// The files that a conversion reads, and their digests once someone has asked for them.
final class SourceFiles: Sendable {
  /// Bytes hashed at once, after which their pages are given back.
  private static let partSize = 8 << 20

  private let files: [(role: Provenance.Role, file: MappedFile)]
  private let known = Mutex<Provenance?>(nil)

  init(configuration: MappedFile, tokenizer: [MappedFile], weights: [MappedFile]) {
    files =
      weights.map { (.weights, $0) } + tokenizer.map { (.tokenizer, $0) }
      + [(.configuration, configuration)]
  }

  /// The files' paths.
  var paths: [String] { files.map(\.file.path) }

  /// What the files are; hashes all of them at the first call.
  var provenance: Provenance {
    known.withLock { known in
      if let known { return known }
      let provenance = provenance { Self.digest(of: $0) }
      known = provenance
      return provenance
    }
  }

  /// Bytes of the provenance section.
  var provenanceSize: Int {
    // All digests are of one length.
    let someDigest = SHA256.digest(of: [])
    return provenance { _ in someDigest }.json.serialized().utf8.count
  }

  private func provenance(_ digest: (MappedFile) -> SHA256Digest) -> Provenance {
    Provenance(
      sources: files.map {
        .init(
          role: $0.role, name: $0.file.path.fileName, size: $0.file.bytes.count,
          digest: digest($0.file))
      })
  }

  private static func digest(of file: MappedFile) -> SHA256Digest {
    var hash = SHA256()
    for start in stride(from: 0, to: file.bytes.count, by: partSize) {
      let part = UnsafeRawBufferPointer(
        rebasing: file.bytes[start..<min(file.bytes.count, start + partSize)])
      hash.update(part)
      file.releasePages(part)
    }
    return hash.finish()
  }
}
