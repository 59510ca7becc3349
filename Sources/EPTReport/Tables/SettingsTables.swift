import EPTFormat
import EPTModel
import EPTTask

/// Everything that is needed to make the run again: task, prompt, settings, backbone.
struct SettingsTables {
  private let bundle: TaskBundle

  init(_ bundle: TaskBundle) {
    self.bundle = bundle
  }

  var html: String {
    let (task, shape) = (bundle.task, bundle.prompt.shape)
    let words = task.labels.map(\.word)
    let labels =
      words.isEmpty
      ? "numbers"
      : words.count > 12 ? "\(words[0]) … \(words[words.count - 1])" : words.joined(separator: ", ")
    let taskRows = [
      ("template", task.template.source),
      ("segments", task.segments.map(\.source).joined(separator: " | ")),
      ("labels", labels), ("metric", task.metric.rawValue),
      ("longest input", "\(task.inputLength) tokens"),
      ("validation, test", "\(task.split)"),
    ]
    let files = bundle.training.files.map { file in
      ("file: \(file.role.rawValue)", "\(file.name), SHA-256 \(file.digest.prefix(12))…")
    }
    let promptRows = [
      ("form", bundle.form.rawValue), ("s, rows of the short prompt", "\(shape.promptLength)"),
      ("n, longest input", "\(shape.inputLength)"), ("d, width", "\(shape.hiddenSize)"),
      ("r, rank", "\(shape.rank)"), ("K, subspaces", "\(shape.subspaces)"),
      ("k, their width", "\(shape.subspaceWidth)"),
      ("alpha", decimal(Double(bundle.prompt.alpha))),
      ("fusion", bundle.prompt.usesFusion ? "on" : "off"),
      ("fusion, factor of its scores", decimal(Double(bundle.prompt.fusionScale))),
      ("after blocks", Self.depth(shape.depth)),
      ("backbone", bundle.backbone.name), ("fingerprint", bundle.backbone.fingerprint),
    ]
    let settings = (bundle.training.settings.object ?? []).map { member in
      (
        member.key,
        member.value == .null ? "not set" : member.value.string ?? member.value.serialized()
      )
    }
    return """
      <div class="columns">
      <div><h3>Task</h3>\(table(taskRows + files))<h3>Prompt</h3>\(table(promptRows))</div>
      <div><h3>Training</h3>\(table(settings))</div>
      </div>
      """
  }

  private static func depth(_ depth: DepthShape?) -> String {
    guard let depth else { return "nothing" }
    return "\(depth.encoderBlocks) of the encoder, \(depth.decoderBlocks) of the decoder, "
      + "K=\(depth.subspaces), k=\(depth.subspaceWidth)"
  }

  private func table(_ rows: [(String, String)]) -> String {
    let lines = rows.map {
      "<tr><th>\(escaped($0.0))</th><td><code>\(escaped($0.1))</code></td></tr>"
    }
    return "<table>\n\(lines.joined(separator: "\n"))\n</table>"
  }
}
