import EPTFormat
import EPTModel

extension TaskBundle {
  /// The smallest bundle with the same answers: fusion, subspaces and gate are worked into the
  /// short prompt.
  ///
  /// What they were is lost, and with it the history of the training. A prompt of this form is
  /// the method's special case without fusion and subspaces, so training can go on from it.
  /// `P̂` has `P`'s size, so no prompt grows.
  ///
  /// `path` is the bundle's file, for the message.
  ///
  /// - Throws: `TaskError.unusablePrompt` where a folded number would not be finite.
  public func folded(from path: String) throws -> TaskBundle {
    let bundle = folded()
    for part in PromptPart.allCases where !bundle.prompt[part].values.allSatisfy(\.isFinite) {
      throw TaskError.unusablePrompt(
        path: path,
        reason:
          "folded, a number of `\(part.rawValue)` would not be finite; its numbers are too large")
    }
    return bundle
  }

  /// The smallest bundle with the same answers: fusion, projection and gate are computed into the short prompt.
  public func folded() -> TaskBundle {
    guard form == .unfolded else { return self }
    let folded = prompt.folded()
    var shape = prompt.shape
    (shape.subspaces, shape.subspaceWidth) = (0, 0)
    var plain = EPTPrompt(shape: shape, alpha: prompt.alpha, usesFusion: false)
    plain[.shortPrompt] = folded.prompt
    plain[.lowRankA] = folded.lowRankA
    plain[.lowRankB] = folded.lowRankB
    for part in [PromptPart.depthDown, .depthUp, .depthGate] { plain[part] = prompt[part] }
    var bundle = self
    bundle.form = .folded
    bundle.prompt = plain
    bundle.training.history = TrainingHistory()
    bundle.training.startGate = nil
    return bundle
  }
}
