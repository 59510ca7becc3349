/// A setting of a training run that a message can be about; its raw value is what people call it.
public enum TrainingSetting: String, Sendable, CaseIterable {
  case method
  case steps
  case batch
  case accumulation
  case shots
  case warmUp = "warm-up"
  case evaluationInterval = "evaluation interval"
  case patience
  case longestRun = "longest run"
  case promptLength = "prompt length"
  case inputLength = "input length"
  case rank
  case subspaces
  case subspaceWidth = "subspace width"
  case nominalLength = "nominal length"
  case alpha
  case fusion
  case fusionScale = "fusion scale"
  case pooling
  case pair
  case depth
  case depthSubspaces = "depth subspaces"
  case depthWidth = "depth width"
  case promptRate = "prompt rate"
  case lowRankRate = "low-rank rate"
  case subspaceRate = "subspace rate"
  case depthRate = "depth rate"
  case headRate = "head rate"
  case weightDecay = "weight decay"
  case gradientClip = "gradient clip"
  case classWeights = "class weights"
  case calibration
  /// What the prompt starts from.
  case start
}
