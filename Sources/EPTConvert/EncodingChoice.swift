import EPTModel

/// Which tensors a conversion stores in which encoding.
public struct EncodingChoice: Sendable, Equatable {
  /// An encoding for the tensors whose name a pattern fits.
  public struct Rule: Sendable, Equatable {
    /// A POSIX extended regular expression, which may fit anywhere in a name.
    public var pattern: String
    /// How tensors with such names are stored.
    public var encoding: TargetEncoding

    /// Stores tensors whose names match `pattern` as `encoding`.
    public init(pattern: String, encoding: TargetEncoding) {
      self.pattern = pattern
      self.encoding = encoding
    }
  }

  /// For tensors that no rule is for.
  public var general: TargetEncoding
  /// The last one that fits counts.
  public var rules: [Rule]

  /// Stores matrices as `encoding`, unless a rule matches; the last match counts.
  public init(_ general: TargetEncoding = .q8, rules: [Rule] = []) {
    self.general = general
    self.rules = rules
  }

  /// The encoding wanted for each of `tensors`.
  ///
  /// - Throws: `ConvertError.badPattern` or `.patternFitsNothing`.
  func targets(for tensors: [ParameterSpecification]) throws -> [TargetEncoding] {
    var targets = tensors.map { _ in general }
    for rule in rules {
      let pattern = try NamePattern(rule.pattern)
      let fitting = tensors.indices.filter { pattern.fits(tensors[$0].name) }
      guard !fitting.isEmpty else {
        throw ConvertError.patternFitsNothing(
          pattern: rule.pattern, example: tensors.first?.name ?? "")
      }
      for index in fitting { targets[index] = rule.encoding }
    }
    return targets
  }
}
