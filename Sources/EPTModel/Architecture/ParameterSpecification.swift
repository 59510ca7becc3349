/// A tensor that an architecture reads.
public struct ParameterSpecification: Sendable, Equatable {
  /// Its name in a `.ept`: Hugging Face's, without the model prefix.
  public let name: String
  /// The dimensions, outermost first.
  public let shape: [Int]
  /// Whether it is a table so small that a less exact encoding would save nothing.
  public let isSmallTable: Bool
  /// Other names that checkpoints give it, the likeliest first.
  public let aliases: [String]

  public init(_ name: String, _ shape: [Int], isSmallTable: Bool = false, aliases: [String] = []) {
    self.name = name
    self.shape = shape
    self.isSmallTable = isSmallTable
    self.aliases = aliases
  }

  /// Whether it is a matrix that rows are looked up in or multiplied with, for which 16 bits a
  /// number are enough.
  public var isMatrix: Bool { shape.count == 2 && !isSmallTable }

  /// Whether `q8` or `q4` may stand for it: a matrix wide enough to be worth a scale a row.
  public var isQuantizable: Bool { isMatrix && shape[1] >= 16 }
}
