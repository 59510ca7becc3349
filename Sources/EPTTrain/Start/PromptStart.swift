import EPTCompute
import EPTModel
import EPTSystem
import EPTTask
import EPTText

/// The numbers that training starts from.
///
/// At the start the model is plain prompt tuning with the short prompt `P`: `B` and every `V`
/// are 0.
enum PromptStart {
  /// How many of the most frequent pieces `P` is drawn from.
  static let candidates = 5000

  /// The parts of a prompt have streams of their own, so that switching one part off leaves the
  /// others as they are.
  private enum Stream: UInt64 {
    case shortPrompt = 0
    case lowRankA = 1
    case subspaceDown = 2
    case depthDown = 3
  }

  /// `zeros` with its start: `P` distinct rows of `vocabulary`, `A` uniform in ±1/√r, `U` normal
  /// with deviation 1/√d, the rest 0.
  ///
  /// `vocabulary` holds the embeddings of the most frequent pieces, `[candidates, d]`; if it
  /// has fewer rows than the prompt, they are used again.
  static func prompt(
    filling zeros: EPTPrompt, vocabulary: Matrix, seed: UInt64
  ) -> EPTPrompt {
    var prompt = zeros
    let shape = prompt.shape
    var rows = RandomNumbers(.initialisation, seed, Stream.shortPrompt.rawValue)
    let order = rows.shuffled(vocabulary.rows)
    let d = shape.hiddenSize
    prompt[.shortPrompt].values = (0..<shape.promptLength).flatMap { row in
      let source = order[row % order.count]
      return vocabulary.values[source * d..<(source + 1) * d]
    }
    if shape.rank > 0 {
      var uniform = RandomNumbers(.initialisation, seed, Stream.lowRankA.rawValue)
      let bound = 1 / Float(shape.rank).squareRoot()
      prompt[.lowRankA].values = prompt[.lowRankA].values.map { _ in
        (2 * uniform.uniform() - 1) * bound
      }
    }
    if shape.subspaces > 0 {
      var normal = RandomNumbers(.initialisation, seed, Stream.subspaceDown.rawValue)
      let deviation = 1 / Float(d).squareRoot()
      prompt[.subspaceDown].values = normal.gaussians(prompt[.subspaceDown].values.count)
        .map { $0 * deviation }
    }
    if shape.depth != nil {
      var normal = RandomNumbers(.initialisation, seed, Stream.depthDown.rawValue)
      let deviation = 1 / Float(d).squareRoot()
      prompt[.depthDown].values = normal.gaussians(prompt[.depthDown].values.count)
        .map { $0 * deviation }
    }
    return prompt
  }
}
