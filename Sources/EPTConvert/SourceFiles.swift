import EPTFormat
import EPTSystem
import Synchronization

/// A file that a conversion reads, and its digest once someone has asked for it.
final class SourceFile: Sendable {
  let role: Provenance.Role
  let file: MappedFile
  private let known = Mutex<Result<SHA256Digest, any Error>?>(nil)

  init(_ role: Provenance.Role, _ file: MappedFile) {
    self.role = role
    self.file = file
  }

  /// SHA-256 of the whole file; the first call makes it, and others meanwhile wait.
  ///
  /// - Throws: `SystemError.system` or `.truncated`.
  func digest() throws -> SHA256Digest {
    try known.withLock { known in
      if let known { return try known.get() }
      let result = Result {
        var hash = SHA256()
        try file.readParts { hash.update($0) }
        return hash.finish()
      }
      known = result
      return try result.get()
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
    // Without a thread to be had, whoever asks for a digest makes it.
    try? BackgroundThread.start("to hash with") { hash() }
  }

  /// Hashes what is not hashed yet; what goes wrong shows in `provenance`.
  func hash() {
    for file in files { _ = try? file.digest() }
  }

  /// What the files are.
  ///
  /// Asked for last, it also makes sure that no file was written over since it was opened: what was
  /// converted would be of two files.
  ///
  /// - Throws: `SystemError.system`, `.truncated` or `.changed`.
  var provenance: Provenance {
    get throws {
      let provenance = try provenance { try $0.digest() }
      for file in files { try file.file.requireUnchanged() }
      return provenance
    }
  }

  /// Bytes of the provenance section.
  var provenanceSize: Int {
    // All digests are of one length.
    let someDigest = SHA256.digest(of: [])
    return provenance { _ in someDigest }.json.serialized().utf8.count
  }

  private func provenance<Failure: Error>(
    _ digest: (SourceFile) throws(Failure) -> SHA256Digest
  ) throws(Failure) -> Provenance {
    Provenance(
      sources: try files.map { file throws(Failure) in
        .init(
          role: file.role, name: file.file.path.fileName, size: file.file.bytes.count,
          digest: try digest(file))
      })
  }
}
