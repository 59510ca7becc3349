/// What a path stands for.
enum Route: Equatable, Sendable {
  case health, info, metrics, openAPI
  /// The task that the path names, if it does.
  case classify(task: String?)
  case predict(task: String?)
  case embed
  case embeddings

  /// The route at `path`, which has no query any more; nil where there is none.
  init?(path: String) {
    switch path {
    case "/health": self = .health
    case "/info": self = .info
    case "/metrics": self = .metrics
    case "/openapi.json": self = .openAPI
    case "/classify": self = .classify(task: nil)
    case "/predict": self = .predict(task: nil)
    case "/embed": self = .embed
    case "/v1/embeddings": self = .embeddings
    default:
      let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0].isEmpty, !parts[2].isEmpty,
        let name = Self.decoded(parts[2])
      else { return nil }
      switch String(parts[1]) {
      case "classify": self = .classify(task: name)
      case "predict": self = .predict(task: name)
      default: return nil
      }
    }
  }

  /// The method that the route takes.
  var method: String {
    switch self {
    case .health, .info, .metrics, .openAPI: "GET"
    case .classify, .predict, .embed, .embeddings: "POST"
    }
  }

  /// The methods that the route takes, as the header `Allow` lists them.
  var allowed: String { method == "GET" ? "GET, HEAD" : method }

  /// The route's name in metrics: its path without a task.
  var name: String {
    switch self {
    case .health: "/health"
    case .info: "/info"
    case .metrics: "/metrics"
    case .openAPI: "/openapi.json"
    case .classify: "/classify"
    case .predict: "/predict"
    case .embed: "/embed"
    case .embeddings: "/v1/embeddings"
    }
  }

  /// A part of a path without its `%20`s; nil where these are no UTF-8 or not two digits.
  private static func decoded(_ part: Substring.UTF8View.SubSequence) -> String? {
    var bytes: [UInt8] = []
    var rest = part[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
  }

  /// `name` as a part of a path.
  static func encoded(_ name: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var path: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: path.append(byte)
      default: path += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: path, as: UTF8.self)
  }
}
