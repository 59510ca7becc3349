import CNettle
import CXXHash
import CZlib
import CZstd

/// The C libraries that the file formats stand on.
package enum LinkedLibraries {
  /// Their names and versions, as they say themselves: those that run, not those of the headers.
  package static var versions: [(name: String, version: String)] {
    let xxHash = XXH_versionNumber()
    return [
      ("nettle", "\(nettle_version_major()).\(nettle_version_minor())"),
      ("xxHash", "\(xxHash / 10_000).\(xxHash / 100 % 100).\(xxHash % 100)"),
      ("zlib", String(cString: zlibVersion())),
      ("zstd", String(cString: ZSTD_versionString())),
    ]
  }
}
