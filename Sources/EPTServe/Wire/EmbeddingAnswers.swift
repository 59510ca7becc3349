/// The vectors of one request's texts, in the shapes of others' servers.
struct EmbeddingAnswers {
  /// The vectors in order. `[texts][d]`
  let vectors: [[Float]]

  /// text-embeddings-inference's: a list of vectors.
  var list: String {
    var json = JSONText()
    json.append(list: vectors) { $1.append(numbers: $0) }
    return json.text
  }

  /// OpenAI's: an object a text; with `isBase64` each vector as the base64 of its binary32 numbers, low byte
  /// first.
  func embeddingResponse(model: String, tokens: Int, isBase64: Bool) -> String {
    var json = JSONText()
    json.append("{\"object\":\"list\",\"data\":")
    json.append(list: vectors.enumerated()) { entry, json in
      json.append("{\"object\":\"embedding\",\"index\":\(entry.offset),\"embedding\":")
      if isBase64 {
        json.append("\"\(Base64.text(of: entry.element))\"")
      } else {
        json.append(numbers: entry.element)
      }
      json.append("}")
    }
    json.append(",\"model\":")
    json.append(quoted: model)
    json.append(",\"usage\":{\"prompt_tokens\":\(tokens),\"total_tokens\":\(tokens)}}")
    return json.text
  }
}

/// Base64 (RFC 4648).
enum Base64 {
  private static let digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The text for the bytes of `numbers`, low byte first.
  static func text(of numbers: [Float]) -> String {
    let bytes = numbers.flatMap { number in
      (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * UInt32($0))) }
    }
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = (0..<3).reduce(UInt32(0)) { bits, place in
        bits << 8 | (start + place < bytes.count ? UInt32(bytes[start + place]) : 0)
      }
      for place in 0..<4 {
        text.append(
          place <= group.count
            ? digits[Int(bits >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
