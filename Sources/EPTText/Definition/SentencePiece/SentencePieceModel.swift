/// What of a sentencepiece model (a protocol buffer `ModelProto`) a tokenizer needs.
struct SentencePieceModel {
  /// How a piece is meant (`SentencePiece.Type`); what is neither unknown nor control nor user
  /// defined counts as normal.
  enum PieceType: Equatable {
    case normal
    case unknown
    case control
    case userDefined
  }

  /// One `SentencePiece`.
  struct Piece {
    var text: [UInt8] = []
    var score: Float = 0
    var type = PieceType.normal
  }

  /// `TrainerSpec.model_type` of Unigram models, also what a missing one means.
  static let unigram = 1

  private(set) var pieces: [Piece] = []
  private(set) var type = SentencePieceModel.unigram
  /// `TrainerSpec.byte_fallback`: whether an unknown text becomes the pieces of its bytes.
  private(set) var fallsBackToBytes = false
  /// `NormalizerSpec.precompiled_charsmap`.
  private(set) var characterMap: [UInt8] = []

  /// Reads the fields that are needed and steps over the others.
  ///
  /// - Throws: `TextError.invalid`.
  init(bytes: UnsafeRawBufferPointer, source: String) throws {
    var message = ProtobufReader(bytes: bytes, source: source)
    while let field = try message.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let piece)):
        pieces.append(try Self.piece(ProtobufReader(bytes: piece, source: source)))
      case (2, .bytes(let trainer)):
        var reader = ProtobufReader(bytes: trainer, source: source)
        while let field = try reader.next() {
          if field.number == 3, case .integer(let value) = field.value {
            type = Int(truncatingIfNeeded: value)
          }
          if field.number == 35, case .integer(let value) = field.value {
            fallsBackToBytes = value != 0
          }
        }
      case (3, .bytes(let normalizer)):
        var reader = ProtobufReader(bytes: normalizer, source: source)
        while let field = try reader.next() {
          if field.number == 2, case .bytes(let map) = field.value { characterMap = Array(map) }
        }
      default: break
      }
    }
    guard !pieces.isEmpty else {
      throw TextError.invalid(
        source: source, reason: "it has no pieces; is it a sentencepiece model?")
    }
  }

  private static func piece(_ message: ProtobufReader) throws -> Piece {
    var message = message
    var piece = Piece()
    while let field = try message.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let text)): piece.text = Array(text)
      case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
      case (3, .integer(2)): piece.type = .unknown
      case (3, .integer(3)): piece.type = .control
      case (3, .integer(4)): piece.type = .userDefined
      default: break
      }
    }
    return piece
  }
}

/// Walks over the fields of one protocol buffer message.
struct ProtobufReader {
  /// The content of a field, by its wire type.
  enum Value {
    case integer(UInt64)
    case fixed64
    case bytes(UnsafeRawBufferPointer)
    case fixed32(UInt32)
  }

  private let bytes: UnsafeRawBufferPointer
  private let source: String
  private var position = 0

  init(bytes: UnsafeRawBufferPointer, source: String) {
    self.bytes = bytes
    self.source = source
  }

  /// The next field, nil at the end.
  ///
  /// - Throws: `TextError.invalid`.
  mutating func next() throws -> (number: UInt64, value: Value)? {
    guard position < bytes.count else { return nil }
    let key = try variable()
    let value: Value
    switch key & 7 {
    case 0: value = .integer(try variable())
    case 1:
      _ = try take(8)
      value = .fixed64
    case 2:
      let length = try variable()
      value = .bytes(try take(Int(clamping: length)))
    case 5:
      let raw = try take(4)
      value = .fixed32(UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)))
    default: throw fault("a field of wire type \(key & 7)")
    }
    return (key >> 3, value)
  }

  private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count <= bytes.count - position else { throw fault("a field that does not fit") }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  private mutating func variable() throws -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard position < bytes.count else { throw fault("a number that is cut") }
      let byte = bytes[position]
      position += 1
      result |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return result }
    }
    throw fault("a number of more than 64 bits")
  }

  private func fault(_ what: String) -> TextError {
    .invalid(
      source: source, reason: "\(what) stands at byte \(position); is it a sentencepiece model?")
  }
}
