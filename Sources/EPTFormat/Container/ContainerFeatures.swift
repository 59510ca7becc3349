/// Additions to a container that it must not be read without, one bit each.
public struct ContainerFeatures: OptionSet, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// A bundle whose head reads another vector than the mean of the states.
  public static let pooling = ContainerFeatures(rawValue: 1 << 0)
  /// A bundle with projections after blocks.
  public static let depth = ContainerFeatures(rawValue: 1 << 1)
  /// A bundle whose head answers something else than a class, or reads something else than one text.
  public static let readouts = ContainerFeatures(rawValue: 1 << 3)
  /// A bundle whose head answers each word of a text.
  public static let tags = ContainerFeatures(rawValue: 1 << 9)
  /// A bundle whose scores are divided by a temperature before the softmax.
  public static let calibration = ContainerFeatures(rawValue: 1 << 8)
}

extension ContainerKind {
  /// The features of files of this kind that this version reads.
  var knownFeatures: ContainerFeatures {
    switch self {
    case .bundle: [.pooling, .depth, .readouts, .calibration, .tags]
    case .backbone, .checkpoint: []
    }
  }
}
