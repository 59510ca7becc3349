/// Which blocks are followed by a trained projection: EPT in depth.
public enum DepthChoice: Sendable, Equatable {
  /// None: the prompt alone is trained.
  case none
  /// All blocks of the encoder and of the decoder.
  case all
  /// The last so many blocks of the encoder, and of the decoder.
  case last(Int)

  /// How many of a stack's `blocks` blocks that means.
  func count(of blocks: Int) -> Int {
    switch self {
    case .none: 0
    case .all: blocks
    case .last(let count): min(count, blocks)
    }
  }
}

extension DepthChoice: CustomStringConvertible {
  /// `none`, `all` or `last:M`.
  public var description: String {
    switch self {
    case .none: "none"
    case .all: "all"
    case .last(let count): "last:\(count)"
    }
  }

  /// Reads what `description` writes, nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "none": self = .none
    case "all": self = .all
    default:
      guard text.hasPrefix("last:"), let count = Int(text.dropFirst(5)), (1...1024).contains(count)
      else { return nil }
      self = .last(count)
    }
  }
}
