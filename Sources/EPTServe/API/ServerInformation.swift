import EPTFormat
import EPTModel
import EPTTask

/// What `GET /info` tells: the members of text-embeddings-inference's, and the tasks.
struct ServerInformation {
  let json: JSON

  init(_ api: API, _ tasks: ServedTasks) {
    let backbone = api.backbone
    let settings = api.settings
    let pooling = backbone.pooling ?? .mean
    json = [
      "model_id": .string(backbone.identity.name),
      "model_sha": .string(backbone.identity.fingerprint),
      "model_type": ["embedding": ["pooling": .string(pooling.rawValue)]],
      "architecture": .string(backbone.identity.architecture),
      "dimensions": .integer(backbone.model.hiddenSize),
      "max_concurrent_requests": .integer(settings.connections),
      "max_input_length": backbone.model.positions.map { .integer($0) } ?? .null,
      "max_batch_tokens": .integer(settings.batchRows),
      "max_batch_requests": .integer(settings.batch),
      "max_client_batch_size": .integer(settings.textsPerRequest),
      "auto_truncate": true,
      "tasks": .array(
        tasks.tasks.map { served in
          [
            "name": .string(served.task.name),
            "fields": .array(served.task.fields.map { .string($0) }),
            "labels": .array(served.task.labels.map { .string($0) }),
          ]
        }),
    ]
  }
}
