import Foundation

/// Where tests find files: the repository's own fixtures, and the shared folder beside the
/// repository, which a clean clone elsewhere does not have.
public enum TestPaths {
  /// The repository's root folder.
  public static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The repository's `fixtures/` folder.
  public static let fixtures = repository.appendingPathComponent("fixtures")

  /// The folder `shared/` beside the repository; tests that need it are skipped without it.
  public static let shared = repository.deletingLastPathComponent()
    .appendingPathComponent("shared")

  /// Whether `shared/` is there.
  public static var hasShared: Bool {
    FileManager.default.fileExists(atPath: shared.appendingPathComponent("README.md").path)
  }

  /// A fixture's path.
  public static func fixture(_ name: String) -> String {
    fixtures.appendingPathComponent(name).path
  }

  /// A path below `shared/`.
  public static func shared(_ name: String) -> String {
    shared.appendingPathComponent(name).path
  }

  /// The folder `name` of downloaded models, which the environment variable `EPT_MODELS` names; nil
  /// where it is absent.
  public static func downloadedModel(_ name: String) -> String? {
    guard let folder = ProcessInfo.processInfo.environment["EPT_MODELS"] else { return nil }
    let path = folder + "/" + name
    return FileManager.default.fileExists(atPath: path + "/config.json") ? path : nil
  }

  /// Runs `body` with a fresh folder that is removed afterwards.
  public static func withTemporaryFolder<Result>(
    _ body: (String) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("eptc-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
  }
}
