import CEPTC
import EPTInfer
import EPTTask
import Glibc

/// What an `eptc_task` stands for.
final class LibraryTask: Sendable {
  let model: LibraryModel
  let bundle: TaskBundle
  let tuned: TunedTask
  fileprivate let name: CStrings
  fileprivate let labels: CStrings
  fileprivate let fields: CStrings

  /// Makes `bundle`, which is called `name`, ready to answer on `model`.
  ///
  /// - Throws: `TaskError`, `ModelError`.
  init(_ bundle: TaskBundle, name: String, on model: LibraryModel) throws {
    self.model = model
    self.bundle = bundle
    tuned = try model.inference.task(bundle, path: name)
    self.name = CStrings([tuned.name])
    labels = CStrings(tuned.labels)
    fields = CStrings(tuned.fields)
  }
}

/// Strings that C reads as long as this object lives.
private final class CStrings: @unchecked Sendable {
  // Unchecked, since nobody writes to the strings after `init`.

  private let strings: [UnsafeMutablePointer<CChar>?]

  init(_ texts: [String]) {
    strings = texts.map { strdup($0) }
  }

  deinit {
    for string in strings { free(string) }
  }

  var count: Int { strings.count }

  /// The string `index`, nil where there is none.
  subscript(index: Int) -> UnsafePointer<CChar>? {
    strings.indices.contains(index) ? UnsafePointer(strings[index]) : nil
  }
}

@_cdecl("eptc_task_load")
public func loadTask(
  _ model: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ task: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> eptc_status {
  call(error) {
    let model = try Handle.require(model, as: LibraryModel.self, "model")
    let task = try Handle.require(task, "task")
    let path = try CallerArray.path(path, "path")
    task.pointee = Handle.give(
      try LibraryTask(TaskBundle(path: path), name: path, on: model))
    return EPTC_OK
  }
}

@_cdecl("eptc_task_save")
public func saveTask(
  _ task: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ replace: Bool,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> eptc_status {
  call(error) {
    let task = try Handle.require(task, as: LibraryTask.self, "task")
    try task.bundle.write(to: CallerArray.path(path, "path"), replacing: replace)
    return EPTC_OK
  }
}

@_cdecl("eptc_task_close")
public func closeTask(_ task: OpaquePointer?) {
  Handle.close(task, as: LibraryTask.self)
}

@_cdecl("eptc_task_name")
public func taskName(_ task: OpaquePointer?) -> UnsafePointer<CChar>? {
  Handle.borrow(task, as: LibraryTask.self)?.name[0]
}

@_cdecl("eptc_task_label_count")
public func labelCount(_ task: OpaquePointer?) -> Int {
  Handle.borrow(task, as: LibraryTask.self)?.labels.count ?? 0
}

@_cdecl("eptc_task_label")
public func label(_ task: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>? {
  Handle.borrow(task, as: LibraryTask.self)?.labels[index]
}

@_cdecl("eptc_task_field_count")
public func fieldCount(_ task: OpaquePointer?) -> Int {
  Handle.borrow(task, as: LibraryTask.self)?.fields.count ?? 0
}

@_cdecl("eptc_task_field")
public func field(_ task: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>? {
  Handle.borrow(task, as: LibraryTask.self)?.fields[index]
}

@_cdecl("eptc_task_validation")
public func validation(_ task: OpaquePointer?) -> Double {
  Handle.borrow(task, as: LibraryTask.self)?.bundle.training.validation?.selection ?? .nan
}

@_cdecl("eptc_task_classify")
public func classify(
  _ task: OpaquePointer?, _ texts: UnsafePointer<eptc_text>?, _ rows: Int,
  _ probabilities: UnsafeMutablePointer<Float>?,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> eptc_status {
  call(error) {
    let task = try Handle.require(task, as: LibraryTask.self, "task")
    let rows = try CallerArray.rows(texts, rows: rows, fields: task.tuned.fields.count, "texts")
    let answers = try task.model.inference.probabilities(of: rows, by: task.tuned)
    try CallerArray.copy(answers, to: probabilities, "probabilities")
    return EPTC_OK
  }
}
