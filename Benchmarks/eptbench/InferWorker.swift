import EPTFormat
import EPTInfer
import EPTModel
import EPTSystem
import EPTTask
import EPTText

/// Scores batches of texts of one length behind a bundle's prompt, a round at least `roundTexts`.
///
/// That is what `eptc infer` does between reading and writing. A round is long beside the time that
/// processors take to wake.
enum InferWorker {
  private static let roundTexts = 32

  static func run(model: String, bundle: String, batch: Int, tokens: Int, threads: Int) throws {
    let bundle = try TaskBundle(path: bundle)
    let backbone = try LoadedBackbone(path: model, threads: threads)
    let prompt = try backbone.model.prepare(bundle.prompt.folded(), readout: bundle.readout)
    var random = RandomNumbers(.initialisation, 7)
    let texts = (0..<batch).map { _ in
      TokenizedText(
        ids: (0..<tokens).map { _ in
          Int32(1000 + random.below(backbone.model.vocabularySize - 2000))
        },
        tokenTypeIDs: [UInt8](repeating: 0, count: tokens))
    }
    try Worker.serve(["ready": true]) {
      var scored = 0
      while scored < roundTexts {
        scored += try backbone.model.scores(TokenBatch(texts), prompt: prompt).rows
      }
      return scored
    }
  }
}
