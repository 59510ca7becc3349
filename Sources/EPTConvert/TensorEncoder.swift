import EPTFormat

/// Re-encodes one tensor, a part at a time, and finds numbers that cannot be weights.
struct TensorEncoder {
  /// Numbers encoded at once: their floats fit a second-level cache.
  private static let partSize = 1 << 17

  /// Its name in the output.
  let name: String
  /// The tensor as it stands in the checkpoint; of two dimensions where `encoding` has panels.
  let source: StoredTensor
  /// How to store it.
  let encoding: TensorEncoding
  /// The checkpoint's file, for messages.
  let path: String

  /// Its line in the summary.
  var summary: ConversionSummary.Tensor {
    .init(
      name: name, shape: source.shape, sourceEncoding: source.encoding, encoding: encoding,
      sourceSize: source.bytes.count, storedSize: encoding.byteCount(shape: source.shape) ?? 0)
  }

  /// Hands the encoded bytes to `sink`.
  ///
  /// - Throws: `ConvertError.notFinite`, `.overflow`, and what `sink` throws.
  func write(to sink: ContainerWriter.Sink) throws {
    let shape = source.shape
    if shape.count == 2,
      let quantizer = PanelQuantizer(encoding, rows: shape[0], columns: shape[1])
    {
      try writePanels(quantizer, to: sink)
    } else {
      try writeElements(to: sink)
    }
  }

  private func writeElements(to sink: ContainerWriter.Sink) throws {
    let count = source.count
    for start in stride(from: 0, to: count, by: Self.partSize) {
      let part = start..<min(count, start + Self.partSize)
      let values = try finiteValues(part)
      switch encoding {
      case .f16:
        try halves(values, from: start, infinity: 0x7C00) { Float16($0).bitPattern }
          .withUnsafeBytes(sink)
      case .bf16:
        try halves(values, from: start, infinity: 0x7F80, Self.bfloat16).withUnsafeBytes(sink)
      case .f32, .q8, .q4:
        try values.withUnsafeBytes(sink)
      }
    }
  }

  /// The numbers at `part`, none of them NaN or infinite.
  private func finiteValues(_ part: Range<Int>) throws -> [Float] {
    let values = try source.floats(in: part)
    guard Self.largestMagnitude(values[...]) >= Float.infinity.bitPattern else { return values }
    let place = values.firstIndex { !$0.isFinite } ?? 0
    throw ConvertError.notFinite(
      path: path, tensor: source.name, index: position(part.lowerBound + place),
      value: values[place])
  }

  /// The largest absolute value's bits, which order as the values do; NaN is above infinity.
  private static func largestMagnitude(_ values: ArraySlice<Float>) -> UInt32 {
    // On bits since a maximum of floats, which must mind NaN, is not vectorised.
    values.reduce(0) { max($0, $1.bitPattern & 0x7FFF_FFFF) }
  }

  /// Row-major number `index` as a place in the tensor.
  private func position(_ index: Int) -> [Int] {
    var rest = index
    var position: [Int] = []
    for size in source.shape.reversed() {
      position.append(rest % size)
      rest /= size
    }
    return position.reversed()
  }

  /// Rounds `values`, number `start` and on of the tensor, to 16 bits each.
  ///
  /// `infinity` holds the exponent bits, all set only in an infinite result.
  private func halves(
    _ values: [Float], from start: Int, infinity: UInt16, _ round: (Float) -> UInt16
  ) throws -> [UInt16] {
    let halves = values.map { round($0).littleEndian }
    if let place = halves.firstIndex(where: { UInt16(littleEndian: $0) & infinity == infinity }) {
      throw ConvertError.overflow(
        path: path, tensor: source.name, index: position(start + place), value: values[place],
        type: encoding.name)
    }
    return halves
  }

  /// The upper half of a finite binary32, rounded to nearest, ties to even.
  private static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }

  /// The panels' bytes, then their scales.
  private func writePanels(_ quantizer: PanelQuantizer, to sink: ContainerWriter.Sink) throws {
    let (rows, columns) = (source.shape[0], source.shape[1])
    let height = PanelGeometry.rowsPerPanel
    let rowsAtOnce = max(1, Self.partSize / max(1, columns) / height) * height
    var scales: [UInt8] = []
    for start in stride(from: 0, to: rows, by: rowsAtOnce) {
      let part = start..<min(rows, start + rowsAtOnce)
      let values = try source.floats(in: part.lowerBound * columns..<part.upperBound * columns)
      let panels = try values.withUnsafeBufferPointer {
        try quantized($0, by: quantizer, from: start)
      }
      scales += panels.scales
      try panels.codes.withUnsafeBytes(sink)
    }
    try scales.withUnsafeBytes(sink)
  }

  private func quantized(
    _ values: UnsafeBufferPointer<Float>, by quantizer: PanelQuantizer, from row: Int
  ) throws -> (codes: [UInt8], scales: [UInt8]) {
    guard let address = values.baseAddress else { return ([], []) }
    do {
      return try quantizer.panels(of: address, rows: values.count / source.shape[1])
    } catch {
      let place =
        switch error {
        case .notFinite: values.firstIndex { !$0.isFinite } ?? 0
        case .scaleTooLarge: values.indices.max { abs(values[$0]) < abs(values[$1]) } ?? 0
        }
      let index = position(row * source.shape[1] + place)
      throw error == .notFinite
        ? ConvertError.notFinite(
          path: path, tensor: source.name, index: index, value: values[place])
        : ConvertError.overflow(
          path: path, tensor: source.name, index: index, value: values[place], type: encoding.name)
    }
  }
}
