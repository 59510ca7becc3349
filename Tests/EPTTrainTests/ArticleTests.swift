import EPTConvert
import EPTTask
import EPTTestSupport
import Foundation
import Testing

@testable import EPTTrain

/// The code of the article in `EPTTrain.docc` compiles and runs: it is repeated here, and compared.
struct ArticleTests {
  @Test func codeIsHere() throws {
    let article = try Article(path: "Sources/EPTTrain/EPTTrain.docc/TuneATask.md")
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    #expect(article.blockCount > 3)
    #expect(article.blocksMissing(in: source) == [])
  }

  @Test func tuneATask() throws {
    let messages: [(text: String, label: String)] = [
      ("Where is my parcel?", "delivery"), ("I was charged twice.", "billing"),
      ("The courier left it in the rain.", "delivery"), ("Can I get a receipt?", "billing"),
    ]
    try TestPaths.withTemporaryFolder { folder in
      let (modelPath, taskPath) = (folder + "/model.ept", folder + "/team.eptb")
      _ = try Converter(
        input: TestPaths.fixture("demo/model/model.safetensors"), output: modelPath
      ).run()

      let backbone = try LoadedBackbone(path: modelPath, threads: 2)
      let labels = ["billing", "delivery"]
      let task = try TaskDiscovery.definition(name: "team", fields: ["text"], labels: labels)

      let rows = messages.map { message in
        Example(values: [message.text], label: labels.firstIndex(of: message.label) ?? 0)
      }
      let data = Dataset(rows: rows)

      var settings = TrainingSettings()
      settings.steps = 20
      let trainer = try Trainer(
        model: backbone.model, tokenizer: backbone.tokenizer, identity: backbone.identity,
        task: task, data: data, settings: settings, backbonePooling: backbone.pooling)

      let hooks = Trainer.Hooks { progress in
        if case .evaluation(let evaluation, let isBest) = progress.event {
          print(progress.step, evaluation.score.selection, isBest ? "best so far" : "")
        }
      }
      let outcome = try trainer.run(hooks)
      try outcome.best.write(to: taskPath, replacing: true)
      #expect(try TaskBundle(path: taskPath).task.labels.map(\.word) == labels)

      let filePath = TestPaths.repository.appendingPathComponent(
        "examples/messages/messages.csv"
      ).path
      var hints = TaskDiscovery.Hints()
      hints.hasDev = false
      let found = try TaskDiscovery.find(train: filePath, hints)
      let split = try Dataset(found.definition, train: found.file, dev: nil)
      #expect(split.train.count == 480 && found.warnings.isEmpty)
    }
  }
}
