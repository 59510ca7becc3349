import EPTInfer
import EPTSystem
import Synchronization

/// A task, and the vectors after its prompt.
struct ServedTask: Sendable {
  let task: TunedTask
  let embedding: TextEmbedding

  var name: String { task.name }

  /// The task of the bundle at `path`.
  ///
  /// - Throws: what is wrong with it.
  init(path: String, on model: InferenceModel) throws {
    task = try model.task(path: path)
    embedding = try model.embedding(by: task)
  }
}

/// The tasks at work at one time, by name.
struct ServedTasks: Sendable {
  let tasks: [ServedTask]

  var names: [String] { tasks.map(\.name) }

  /// The task called `name`, byte by byte.
  func task(_ name: String) -> ServedTask? {
    tasks.first { $0.name.isIdentical(to: name) }
  }
}

/// A folder of bundles, each of which is a task called by its file's name; it can be read again.
final class TaskFolder: Sendable {
  /// What came of a file since the folder was read last.
  enum Change: Sendable {
    case loaded(name: String)
    case removed(name: String)
    /// The bundle cannot be used; `isKept` says whether the one before it stays at work.
    case failed(reason: String, isKept: Bool)
    /// The folder itself cannot be read; all stays as it is.
    case unreadable(reason: String)
  }

  private struct Entry {
    /// What the file was when it was read last, well or badly.
    var status: FileStatus
    var task: ServedTask?
  }

  private let path: String?
  private let model: InferenceModel
  /// What is known of each file, by its name; held while files are read, so that one thread at a time does.
  private let entries = Mutex<[ByteName: Entry]>([:])
  private let served = Mutex(ServedTasks(tasks: []))

  /// The bundles at `path`, or no tasks if it is nil.
  init(_ path: String?, on model: InferenceModel) {
    self.path = path
    self.model = model
  }

  /// The tasks at work now.
  var tasks: ServedTasks { served.withLock { $0 } }

  /// Reads all bundles.
  ///
  /// - Throws: what is wrong with the first that cannot be used, or with the folder.
  func loadAll() throws {
    guard let path else { return }
    for name in try Self.bundles(in: path) {
      let file = path + "/" + name
      guard let status = FileStatus(file) else { continue }
      let task = try ServedTask(path: file, on: model)
      entries.withLock { $0[ByteName(name)] = Entry(status: status, task: task) }
    }
    entries.withLock { publish($0) }
  }

  /// Reads the bundles that have changed, or `all` of them, and what came of each.
  ///
  /// A bundle that cannot be used leaves the one before it at work. It is tried again when its file changes.
  func reload(all: Bool) -> [Change] {
    guard let path else { return [] }
    return entries.withLock { reload(path, all: all, &$0) }
  }

  private func reload(
    _ path: String, all: Bool, _ entries: inout [ByteName: Entry]
  ) -> [Change] {
    let names: [String]
    do {
      names = try Self.bundles(in: path)
    } catch {
      return [.unreadable(reason: "\(error)")]
    }
    var changes: [Change] = []
    let present = Set(names.map { ByteName($0) })
    for name in entries.keys.filter({ !present.contains($0) }).sorted() {
      if let task = entries.removeValue(forKey: name)?.task {
        changes.append(.removed(name: task.name))
      }
    }
    for name in names {
      let file = path + "/" + name
      guard let status = FileStatus(file) else { continue }
      let before = entries[ByteName(name)]
      if !all, let before, status == before.status, !status.isRewritten(since: before.status) {
        continue
      }
      do {
        let task = try ServedTask(path: file, on: model)
        entries[ByteName(name)] = Entry(status: status, task: task)
        changes.append(.loaded(name: task.name))
      } catch {
        entries[ByteName(name)] = Entry(status: status, task: before?.task)
        changes.append(.failed(reason: "\(error)", isKept: before?.task != nil))
      }
    }
    publish(entries)
    return changes
  }

  private func publish(_ entries: [ByteName: Entry]) {
    let tasks = entries.sorted { $0.key < $1.key }.compactMap(\.value.task)
    served.withLock { $0 = ServedTasks(tasks: tasks) }
  }

  /// The file names of the bundles in `folder`, sorted.
  private static func bundles(in folder: String) throws -> [String] {
    try FolderListing.names(in: folder)
      .filter { $0.hasSuffix(".eptb") && !$0.hasPrefix(".") }
      .map { ByteName($0) }.sorted().map { $0.text }
  }
}
