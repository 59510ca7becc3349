import EPTFormat
import EPTSystem

/// Re-encodes one tensor, a part at a time, and finds numbers that cannot be weights.
struct TensorEncoder: Sendable {
  /// Numbers encoded at once: their floats fit a second-level cache.
  private static let partSize = ContainerWriter.numbersPerPlanePart
  /// After as many parts the pages of the source are given back.
  private static let partsPerRelease = 16

  /// Its name in the output.
  let name: String
  /// The tensor as the checkpoint has it; of two dimensions where `encoding` has panels.
  let source: CheckpointTensor
  /// How to store it.
  let encoding: TensorEncoding
  /// How to compress it, if it pays.
  let codec: PayloadCodec
  /// The checkpoint's file, for messages.
  let file: MappedFile

  /// What the output holds for it.
  var contents: PayloadContents {
    let quantizer = quantizer
    let size = numbersPerPart
    let parts = max(1, (source.count + size - 1) / size)
    return PayloadContents(partCount: parts) { index in
      let start = index * size
      let numbers = start..<min(source.count, start + size)
      let part =
        try quantizer.map { try panels(numbers, $0) } ?? PayloadPart(bytes: elements(numbers))
      if (index + 1) % Self.partsPerRelease == 0 || index + 1 == parts {
        let first = index / Self.partsPerRelease * Self.partsPerRelease * size
        source.releasePages(of: first..<numbers.upperBound, in: file)
      }
      return part
    }
  }

  private var quantizer: PanelQuantizer? {
    guard source.shape.count == 2 else { return nil }
    return PanelQuantizer(encoding, rows: source.shape[0], columns: source.shape[1])
  }

  /// Numbers of every part but the last; whole panels where `encoding` has such.
  private var numbersPerPart: Int {
    guard let quantizer else { return Self.partSize }
    let panel = PanelGeometry.rowsPerPanel * max(1, quantizer.geometry.columns)
    return max(1, Self.partSize / panel) * panel
  }

  /// The numbers at `part` in a floating-point encoding.
  private func elements(_ part: Range<Int>) throws -> [UInt8] {
    try source.withFloats(in: part) { values in
      try checkFinite(values, from: part.lowerBound)
      switch encoding {
      case source.encoding: return source.encodedBytes(of: part)
      case .f16:
        return try halves(values, from: part.lowerBound, infinity: 0x7C00) {
          Float16($0).bitPattern
        }
      case .bf16:
        return try halves(values, from: part.lowerBound, infinity: 0x7F80, Self.bfloat16)
      case .f32, .q8, .q4:
        return Array(UnsafeRawBufferPointer(values))
      }
    }
  }

  /// Refuses NaN and infinity among `values`, number `start` and on of the tensor.
  private func checkFinite(_ values: UnsafeBufferPointer<Float>, from start: Int) throws {
    // On bits, which order as magnitudes do with NaN above infinity, since a maximum of floats is
    // not vectorised.
    let largest = values.reduce(UInt32(0)) { max($0, $1.bitPattern & 0x7FFF_FFFF) }
    guard largest >= Float.infinity.bitPattern else { return }
    let place = values.firstIndex { !$0.isFinite } ?? 0
    throw notFinite(start + place, values[place])
  }

  private func notFinite(_ index: Int, _ value: Float) -> ConvertError {
    .notFinite(path: file.path, tensor: source.name, index: source.position(index), value: value)
  }

  private func overflow(_ index: Int, _ value: Float) -> ConvertError {
    .overflow(
      path: file.path, tensor: source.name, index: source.position(index), value: value,
      type: encoding.name)
  }

  /// Rounds `values`, number `start` and on of the tensor, to 16 bits each.
  ///
  /// `infinity` holds the exponent bits, all set only in an infinite result.
  private func halves(
    _ values: UnsafeBufferPointer<Float>, from start: Int, infinity: UInt16,
    _ round: (Float) -> UInt16
  ) throws -> [UInt8] {
    let halves = values.map { round($0).littleEndian }
    if let place = halves.firstIndex(where: { UInt16(littleEndian: $0) & infinity == infinity }) {
      throw overflow(start + place, values[place])
    }
    return halves.withUnsafeBytes { Array($0) }
  }

  /// The upper half of a finite binary32, rounded to nearest, ties to even.
  private static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }

  /// The panels at `part`, and their scales.
  private func panels(_ part: Range<Int>, _ quantizer: PanelQuantizer) throws -> PayloadPart {
    try source.withFloats(in: part) { values in
      guard let address = values.baseAddress else { return PayloadPart(bytes: []) }
      do {
        let panels = try quantizer.panels(of: address, rows: values.count / source.shape[1])
        return PayloadPart(bytes: panels.codes, tail: panels.scales)
      } catch PanelQuantizer.Fault.notFinite {
        let place = values.firstIndex { !$0.isFinite } ?? 0
        throw notFinite(part.lowerBound + place, values[place])
      } catch {
        let place = values.indices.max { abs(values[$0]) < abs(values[$1]) } ?? 0
        throw overflow(part.lowerBound + place, values[place])
      }
    }
  }
}
