import EPTFormat

/// A tensor that an architecture reads.
public struct TensorSpecification: Sendable, Equatable {
  /// Its name in a `.ept`: Hugging Face's, without the model prefix.
  public let name: String
  public let shape: [Int]
  /// Whether it is a table so small that a less exact encoding would save nothing.
  public let isSmallTable: Bool

  public init(_ name: String, _ shape: [Int], isSmallTable: Bool = false) {
    self.name = name
    self.shape = shape
    self.isSmallTable = isSmallTable
  }

  /// Whether it is a matrix that rows are looked up in or multiplied with, for which 16 bits a
  /// number are enough.
  public var isMatrix: Bool { shape.count == 2 && !isSmallTable }

  /// Whether `q8` or `q4` may stand for it: a matrix wide enough to be worth a scale a row.
  public var isQuantizable: Bool { isMatrix && shape[1] >= 16 }
}

/// What a `config.json` says, for one architecture.
public protocol BackboneConfiguration: Sendable {
  /// The architecture's label in a `.ept`.
  static var architecture: String { get }
  /// Values of `model_type` in a `config.json` that mean this architecture.
  static var modelTypes: [String] { get }
  /// The names that checkpoints give tensor `name`, the likeliest first.
  static func checkpointNames(of name: String) -> [String]

  /// Reads a `config.json`.
  ///
  /// - Throws: `ModelError.configuration`, naming the field.
  init(_ configuration: JSON) throws

  /// How many tokens the embedding has rows for.
  var vocabularySize: Int { get }
  /// Every tensor the backbone reads.
  var tensors: [TensorSpecification] { get }
}

/// The architectures that this version runs.
public enum BackboneArchitectures {
  /// One configuration type an architecture.
  public static let all: [any BackboneConfiguration.Type] = [
    BERTConfiguration.self, T5Configuration.self,
  ]

  /// Reads `configuration` as whichever architecture its `model_type` names.
  ///
  /// - Throws: `ModelError.unsupportedArchitecture`, listing the supported ones, or
  ///   `.configuration`.
  public static func configuration(_ configuration: JSON) throws -> any BackboneConfiguration {
    let modelType = configuration["model_type"]?.string
    for type in all where type.modelTypes.contains(modelType ?? "") {
      return try type.init(configuration)
    }
    throw ModelError.unsupportedArchitecture(
      name: modelType ?? "without a `model_type`", supported: all.flatMap { $0.modelTypes })
  }
}
