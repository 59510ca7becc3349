import CEPTC
import EPTInfer
import EPTSystem
import EPTTask
import Glibc

/// What an `eptc_model` stands for.
final class LibraryModel: Sendable {
  let backbone: LoadedBackbone
  let inference: InferenceModel

  init(path: String, threads: Int) throws {
    backbone = try LoadedBackbone(path: path, threads: threads)
    inference = InferenceModel(backbone)
  }
}

@_cdecl("eptc_string_free")
public func freeString(_ string: UnsafeMutablePointer<CChar>?) {
  free(string)
}

@_cdecl("eptc_model_open")
public func openModel(
  _ path: UnsafePointer<CChar>?, _ threads: Int32, _ model: UnsafeMutablePointer<OpaquePointer?>?,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> eptc_status {
  call(error) {
    let model = try Handle.require(model, "model")
    guard threads >= 0 else {
      throw LibraryError.argument(
        name: "threads", reason: "must be 1 or more, or 0 for one a processor")
    }
    let opened = try LibraryModel(
      path: CallerArray.path(path, "path"),
      threads: threads == 0 ? Processors.available : Int(threads))
    model.pointee = Handle.give(opened)
    return EPTC_OK
  }
}

@_cdecl("eptc_model_close")
public func closeModel(_ model: OpaquePointer?) {
  Handle.close(model, as: LibraryModel.self)
}

@_cdecl("eptc_model_dimensions")
public func modelDimensions(_ model: OpaquePointer?) -> Int {
  Handle.borrow(model, as: LibraryModel.self)?.backbone.model.hiddenSize ?? 0
}

@_cdecl("eptc_model_embed")
public func embed(
  _ model: OpaquePointer?, _ task: OpaquePointer?, _ texts: UnsafePointer<eptc_text>?,
  _ rows: Int, _ pooling: eptc_pooling, _ normalize: Bool,
  _ vectors: UnsafeMutablePointer<Float>?,
  _ error: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> eptc_status {
  call(error) {
    let model = try Handle.require(model, as: LibraryModel.self, "model")
    let task = Handle.borrow(task, as: LibraryTask.self)
    var settings = EmbeddingSettings()
    settings.isNormalized = normalize
    switch pooling {
    case EPTC_POOLING_DEFAULT: settings.pooling = nil
    case EPTC_POOLING_MEAN: settings.pooling = .mean
    case EPTC_POOLING_CLS: settings.pooling = .cls
    case EPTC_POOLING_LAST: settings.pooling = .last
    default:
      throw LibraryError.argument(
        name: "pooling", reason: "must be one of the constants EPTC_POOLING_…")
    }
    let rows = try CallerArray.rows(
      texts, rows: rows, fields: task?.tuned.fields.count ?? 1, "texts")
    let embeddings = try model.inference.embeddings(of: rows, by: task?.tuned, settings)
    try CallerArray.copy(embeddings, to: vectors, "vectors")
    return EPTC_OK
  }
}
