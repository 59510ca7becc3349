import EPTInfer
import EPTTask
import EPTTestSupport
import Foundation
import Testing

@testable import EPTServe

/// A folder of bundles that changes while it is served.
struct TaskFolderTests {
  private func withFolder(_ body: (String, InferenceModel) throws -> Void) throws {
    let model = InferenceModel(
      try LoadedBackbone(path: ServeFixture.folder + "/model.ept", threads: 1))
    try TestPaths.withTemporaryFolder { folder in
      try copy(to: folder + "/a.eptb")
      try body(folder, model)
    }
  }

  private func copy(to path: String) throws {
    // Whole or not at all, as a user should.
    try FileManager.default.copyItem(
      atPath: ServeFixture.folder + "/tasks/sst2.eptb", toPath: path + ".new")
    _ = rename(path + ".new", path)
  }

  @Test("New bundles appear, removed ones go, others stay untouched")
  func changes() throws {
    try withFolder { path, model in
      let folder = TaskFolder(path, on: model)
      try folder.loadAll()
      #expect(folder.tasks.names == ["a"] && folder.tasks.task("a") != nil)
      #expect(folder.reload(all: false).isEmpty)
      try copy(to: path + "/b.eptb")
      try "x".write(toFile: path + "/note.txt", atomically: true, encoding: .utf8)
      guard case .loaded("b") = folder.reload(all: false).first else { return #expect(Bool(false)) }
      #expect(folder.tasks.names == ["a", "b"])
      try FileManager.default.removeItem(atPath: path + "/a.eptb")
      guard case .removed("a") = folder.reload(all: false).first else {
        return #expect(Bool(false))
      }
      #expect(folder.tasks.names == ["b"])
      #expect(folder.reload(all: true).count == 1)
      // A bundle that was replaced is read again.
      try copy(to: path + "/b.eptb")
      #expect(folder.reload(all: false).count == 1)
    }
  }

  @Test("A bad bundle leaves the one before it at work, and is told once")
  func badBundle() throws {
    try withFolder { path, model in
      let folder = TaskFolder(path, on: model)
      try folder.loadAll()
      try Data("no bundle".utf8).write(to: URL(fileURLWithPath: path + "/a.eptb"))
      try Data("no bundle".utf8).write(to: URL(fileURLWithPath: path + "/c.eptb"))
      let changes = folder.reload(all: false)
      let kept = changes.compactMap { change -> Bool? in
        guard case .failed(_, let isKept) = change else { return nil }
        return isKept
      }
      #expect(kept == [true, false])
      #expect(folder.tasks.names == ["a"])
      #expect(folder.reload(all: false).isEmpty)
      try copy(to: path + "/a.eptb")
      #expect(folder.reload(all: false).count == 1 && folder.tasks.names == ["a"])
      try FileManager.default.removeItem(atPath: path)
      guard case .unreadable = folder.reload(all: false).first else {
        return #expect(Bool(false))
      }
      #expect(folder.tasks.names == ["a"])
    }
  }

  @Test("At the start every bundle must be usable; no folder is no task")
  func start() throws {
    try withFolder { path, model in
      try Data("no bundle".utf8).write(to: URL(fileURLWithPath: path + "/c.eptb"))
      #expect(throws: (any Error).self) { try TaskFolder(path, on: model).loadAll() }
      #expect(throws: (any Error).self) { try TaskFolder(path + "/none", on: model).loadAll() }
      let none = TaskFolder(nil, on: model)
      try none.loadAll()
      #expect(none.tasks.names.isEmpty && none.reload(all: true).isEmpty)
    }
  }
}
