import Dispatch
import EPTFormat
import Synchronization

/// A file that a conversion reads, and its digest once someone has asked for it.
final class SourceFile: Sendable {
  /// Bytes hashed at once, after which their pages are given back.
  private static let partSize = 8 << 20

  let role: Provenance.Role
  let file: MappedFile
  private let known = Mutex<SHA256Digest?>(nil)

  init(_ role: Provenance.Role, _ file: MappedFile) {
    self.role = role
    self.file = file
  }

  /// SHA-256 of the whole file; the first call makes it, and others meanwhile wait.
  var digest: SHA256Digest {
    known.withLock { known in
      if let known { return known }
      var hash = SHA256()
      for start in stride(from: 0, to: file.bytes.count, by: Self.partSize) {
        let part = UnsafeRawBufferPointer(
          rebasing: file.bytes[start..<min(file.bytes.count, start + Self.partSize)])
        hash.update(part)
        file.releasePages(part)
      }
      let digest = hash.finish()
      known = digest
      return digest
    }
  }
}

/// The files that a conversion reads.
struct SourceFiles: Sendable {
  private let files: [SourceFile]

  init(_ files: [SourceFile]) {
    self.files = files
  }

  /// The files' paths.
  var paths: [String] { files.map(\.file.path) }

  /// Begins to hash, beside whatever else is done.
  func hashInBackground() {
    DispatchQueue.global().async {
      for file in files { _ = file.digest }
    }
  }

  /// What the files are.
  var provenance: Provenance { provenance(\.digest) }

  /// Bytes of the provenance section.
  var provenanceSize: Int {
    // All digests are of one length.
    let someDigest = SHA256.digest(of: [])
    return provenance { _ in someDigest }.json.serialized().utf8.count
  }

  private func provenance(_ digest: (SourceFile) -> SHA256Digest) -> Provenance {
    Provenance(
      sources: files.map {
        .init(
          role: $0.role, name: $0.file.path.fileName, size: $0.file.bytes.count,
          digest: digest($0))
      })
  }
}
