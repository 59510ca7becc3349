import CEPTKernels
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Every instruction set's int8 products, against the scalar twin to the bit and
/// against the same sums in Int.
@Suite struct Int8KernelTests {
  /// Quantised rows that free themselves.
  private final class Rows {
    let view: ept_int8_rows
    let count: Int

    init(_ kernels: ept_int8_kernels, rows: Int, columns: Int) {
      count = rows
      view = ept_int8_rows(
        codes: .allocate(
          byteCount: max(64, rows * Int(kernels.row_bytes(Int64(columns)))), alignment: 64),
        scales: .allocate(capacity: max(1, rows)), offsets: .allocate(capacity: max(1, rows)))
    }

    deinit {
      view.codes.deallocate()
      view.scales.deallocate()
      view.offsets.deallocate()
    }

    var scales: [Float] { [Float](UnsafeBufferPointer(start: view.scales, count: count)) }
    var offsets: [Int32] { [Int32](UnsafeBufferPointer(start: view.offsets, count: count)) }
  }

  private func kernels(_ set: InstructionSet) throws -> ept_int8_kernels {
    guard let kernels = set.int8Kernels else {
      try Test.cancel("this processor has no \(set.rawValue)")
    }
    return kernels
  }

  /// The codes that a row must have: x / scale to nearest, ties to even, with 127 scale the largest
  /// number, halved up to three times if only one in 128 numbers, and at most 15, are above.
  private func codes(_ row: [Float]) -> (codes: [Int], scale: Double) {
    var bound = row.map { abs($0) }.max() ?? 0
    for _ in 0..<3 where row.count(where: { abs($0) > bound / 2 }) <= min(15, row.count / 128) {
      bound /= 2
    }
    let inverse = 127 / bound
    guard inverse.isFinite else { return (row.map { _ in 0 }, Double(bound / 127)) }
    return (
      row.map { Int(($0 * inverse).rounded(.toNearestOrEven)) }, Double(bound / 127)
    )
  }

  /// Weights [outputs, inputs] from -127 to 127 as panels.
  private func panels(_ weights: [[Int]], inputs: Int) -> [UInt8] {
    let groups = (inputs + 3) / 4
    var bytes = [UInt8](repeating: 128, count: (weights.count + 15) / 16 * groups * 64)
    for (row, values) in weights.enumerated() {
      for (column, value) in values.enumerated() {
        let place = (row / 16 * groups + column / 4) * 64 + row % 16 * 4 + column % 4
        bytes[place] = UInt8(value + 128)
      }
    }
    return bytes
  }

  /// Runs a product over `panels` of the weights, [outputs, inputs] in `bytes` from `offset` on.
  private func multiply(
    _ kernels: ept_int8_kernels, _ x: Rows, _ bytes: [UInt8], offset: Int = 0, panelBytes: Int,
    scales: [Float]?, outputs: Int, inputs: Int, panels: Range<Int>, bias: [Float]? = nil,
    activation: ept_activation = EPT_ACTIVATION_NONE, adding: Bool = false, into y: inout [Float],
    ldy: Int
  ) throws {
    try bytes.withUnsafeBufferPointer { bytes in
      try (scales ?? []).withUnsafeBufferPointer { scaleNumbers in
        try (bias ?? []).withUnsafeBufferPointer { biasNumbers in
          try y.withUnsafeMutableBufferPointer { y in
            let codes = try #require(bytes.baseAddress)
            guard let base = y.baseAddress else { return }
            var product = ept_int8_product(
              weights: ept_int8_weights(
                codes: codes + offset, scales: scales == nil ? nil : scaleNumbers.baseAddress,
                outputs: Int64(outputs), inputs: Int64(inputs), panel_bytes: Int64(panelBytes)),
              x: x.view, rows: Int64(x.count), first_panel: Int64(panels.lowerBound),
              last_panel: Int64(panels.upperBound),
              bias: bias == nil ? nil : biasNumbers.baseAddress,
              activation: activation, adding: adding, y: base, ldy: Int64(ldy))
            kernels.product(&product)
          }
        }
      }
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func productsOfOddSizes(_ set: InstructionSet) throws {
    let kernels = try kernels(set)
    var noise = Noise(11)
    let sizes = [
      (1, 1, 1), (3, 5, 2), (7, 16, 64), (8, 48, 65), (9, 49, 127), (13, 100, 300), (25, 31, 768),
      (2, 130, 4100), (17, 17, 3), (0, 16, 8),
      // Whole tiles of AMX with and without a remainder, of which 32 rows and two panels are one.
      (15, 32, 64), (16, 32, 64), (32, 64, 256), (33, 49, 128), (47, 80, 192), (77, 96, 1024),
    ]
    for (rows, outputs, inputs) in sizes {
      // A row of zeros among the others, one with the extremes in every place, and outliers.
      var x = noise.floats(rows * inputs, scale: 3)
      for row in 3..<max(3, rows) {
        for column in stride(from: row, to: inputs, by: 128 + 3 * row) {
          x[row * inputs + column] *= Float(2 * row)
        }
      }
      if rows > 2 {
        for column in 0..<inputs {
          x[inputs + column] = 0
          x[2 * inputs + column] = column % 2 == 0 ? 2 : -2
        }
      }
      let weights = (0..<outputs).map { output in
        (0..<inputs).map { input in
          output == 1 ? 127 : output == 2 ? (input % 2 == 0 ? -127 : 127) : Int(noise.next() * 127)
        }
      }
      let scales =
        (0..<outputs).map { Float($0 % 7 + 1) / 512 }
        + [Float](repeating: 0, count: (16 - outputs % 16) % 16)
      let bias = noise.floats(outputs)
      let bytes = panels(weights, inputs: inputs)
      let ldy = outputs + 3
      let before = noise.floats(rows * ldy)

      let quantised = Rows(kernels, rows: rows, columns: inputs)
      kernels.quantize(x, Int64(inputs), nil, Int64(rows), Int64(inputs), quantised.view)
      for variant in 0..<6 {
        let adding = variant % 2 == 1
        let hasBias = variant % 3 > 0
        let relu = variant >= 3
        var y = before
        try multiply(
          kernels, quantised, bytes, panelBytes: (inputs + 3) / 4 * 64, scales: scales,
          outputs: outputs, inputs: inputs, panels: 0..<(outputs + 15) / 16,
          bias: hasBias ? bias : nil,
          activation: relu ? EPT_ACTIVATION_RELU : EPT_ACTIVATION_NONE, adding: adding, into: &y,
          ldy: ldy)
        for row in 0..<rows {
          let (codes, scale) = codes([Float](x[row * inputs..<(row + 1) * inputs]))
          for output in 0..<ldy {
            let place = row * ldy + output
            guard output < outputs else {
              #expect(y[place] == before[place], "written beyond column \(outputs)")
              continue
            }
            let sum = zip(codes, weights[output]).reduce(0) { $0 + $1.0 * $1.1 }
            // The same steps in binary32, each rounded once: equal to the bit.
            var expected = Float(sum) * (Float(scale) * scales[output])
            if hasBias { expected += bias[output] }
            if relu { expected = max(expected, 0) }
            if adding { expected += before[place] }
            #expect(
              y[place] == expected, "[\(rows), \(inputs)] · [\(outputs)] at \(row), \(output)")
          }
        }
      }
    }
  }

  @Test(
    arguments: InstructionSet.allCases,
    [
      (rows: 5, inputs: 48, part: 16..<32, panels: 1..<3),
      (rows: 37, inputs: 192, part: 64..<128, panels: 1..<4),
    ])
  func someOfTheColumnsAndPanels(
    _ set: InstructionSet, _ sizes: (rows: Int, inputs: Int, part: Range<Int>, panels: Range<Int>)
  ) throws {
    let kernels = try kernels(set)
    var noise = Noise(12)
    let (rows, outputs, inputs, part) = (sizes.rows, 80, sizes.inputs, sizes.part)
    let x = noise.floats(rows * inputs)
    let weights = (0..<outputs).map { _ in (0..<inputs).map { _ in Int(noise.next() * 127) } }
    let bytes = self.panels(weights, inputs: inputs)
    let quantised = Rows(kernels, rows: rows, columns: part.count)
    var y = [Float](repeating: .nan, count: rows * outputs)
    x.withUnsafeBufferPointer { x in
      guard let base = x.baseAddress else { return }
      kernels.quantize(
        base + part.lowerBound, Int64(inputs), nil, Int64(rows), Int64(part.count), quantised.view)
    }
    try multiply(
      kernels, quantised, bytes, offset: part.lowerBound / 4 * 64, panelBytes: inputs / 4 * 64,
      scales: nil, outputs: outputs, inputs: part.count, panels: sizes.panels, into: &y,
      ldy: outputs)
    for row in 0..<rows {
      let (codes, scale) = codes(part.map { x[row * inputs + $0] })
      for output in 0..<outputs {
        guard sizes.panels.contains(output / 16) else {
          #expect(y[row * outputs + output].isNaN, "panel \(output / 16) was not asked for")
          continue
        }
        let sum = zip(codes, weights[output][part]).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(y[row * outputs + output] == Float(sum) * Float(scale))
      }
    }
  }

  @Test(arguments: InstructionSet.allCases)
  func quantisedRowsKeepTheirNumbers(_ set: InstructionSet) throws {
    let kernels = try kernels(set)
    var noise = Noise(13)
    for columns in [1, 2, 3, 4, 15, 16, 17, 64, 65, 200, 1000] {
      let factors = noise.floats(columns)
      for scale in [Float(1), 1e-30, 1e30, 7 * Float.leastNonzeroMagnitude, 0] {
        let x = noise.floats(3 * columns, scale: scale)
        let quantised = Rows(kernels, rows: 3, columns: columns)
        kernels.quantize(x, Int64(columns), factors, 3, Int64(columns), quantised.view)
        for row in 0..<3 {
          let (codes, scale) = codes(
            (0..<columns).map { x[row * columns + $0] * factors[$0] })
          #expect(quantised.offsets[row] == Int32(128 * codes.reduce(0, +)))
          #expect(Double(quantised.scales[row]) == scale)
        }
      }
    }
  }

  /// Each row has one more outlier than the one before: the last has one too many.
  @Test(arguments: InstructionSet.allCases)
  func outliersLeaveTheOthersTheirSteps(_ set: InstructionSet) throws {
    let kernels = try kernels(set)
    for (columns, most) in [(127, 0), (128, 1), (384, 3), (700, 5), (1920, 15), (4000, 15)] {
      for (size, steps) in [(Float(1.5), Float(1)), (3, 2), (6, 4), (12, 8), (100, 8)] {
        let rows = most + 2
        var x = [Float](repeating: 0, count: rows * columns)
        for row in 0..<rows {
          for column in 0..<columns { x[row * columns + column] = column % 2 == 0 ? 1 : -1 }
          // The last columns, then some among the others.
          for outlier in 0..<row {
            let column = outlier < 2 ? columns - 1 - outlier : outlier * columns / rows
            x[row * columns + column] = outlier % 3 == 0 ? -size : size
          }
        }
        let quantised = Rows(kernels, rows: rows, columns: columns)
        kernels.quantize(x, Int64(columns), nil, Int64(rows), Int64(columns), quantised.view)
        #expect(quantised.scales[0] == Float(1) / 127)
        for row in 1..<rows {
          let isFew = row <= most
          #expect(quantised.scales[row] == size / (isFew ? steps : 1) / 127, "\(row) of \(columns)")
          let (codes, _) = codes([Float](x[row * columns..<(row + 1) * columns]))
          #expect(quantised.offsets[row] == Int32(128 * codes.reduce(0, +)))
        }
        // Weights that choose single columns give the numbers back, rounded to the scale.
        let weights = (0..<columns).map { column in (0..<columns).map { $0 == column ? 1 : 0 } }
        guard columns <= 700 else { continue }
        var y = [Float](repeating: 0, count: rows * columns)
        try multiply(
          kernels, quantised, panels(weights, inputs: columns),
          panelBytes: (columns + 3) / 4 * 64, scales: nil, outputs: columns, inputs: columns,
          panels: 0..<(columns + 15) / 16, into: &y, ldy: columns)
        for (place, value) in y.enumerated() {
          let step = quantised.scales[place / columns]
          #expect(abs(value - x[place]) <= 0.5001 * step, "\(place) of \(columns)")
        }
      }
    }
  }

  /// Numbers that are none, however many, are no outliers.
  @Test(arguments: InstructionSet.allCases)
  func rowsThatAreNotFinite(_ set: InstructionSet) throws {
    let kernels = try kernels(set)
    let columns = 256
    for value in [Float.nan, .infinity, -.infinity] {
      for count in [1, 2, 40, columns] {
        var x = [Float](repeating: 1, count: 3 * columns)
        x[columns + 7] = 1000
        for i in 0..<count { x[columns + (i * 5 + 1) % columns] = value }
        let quantised = Rows(kernels, rows: 3, columns: columns)
        kernels.quantize(x, Int64(columns), nil, 3, Int64(columns), quantised.view)
        for row in [0, 2] {
          #expect(quantised.scales[row] == Float(1) / 127, "beside a row with \(count) of \(value)")
          #expect(quantised.offsets[row] == Int32(128 * 127 * columns))
        }
        if value.isInfinite { #expect(quantised.scales[1] == .infinity) }
      }
    }
  }

  /// GELU in the store, against the error function.
  @Test(
    arguments: InstructionSet.allCases,
    [(rows: 3, outputs: 20, inputs: 32), (rows: 42, outputs: 48, inputs: 64)])
  func geluInTheStore(
    _ set: InstructionSet, _ sizes: (rows: Int, outputs: Int, inputs: Int)
  ) throws {
    let kernels = try kernels(set)
    var noise = Noise(14)
    let (rows, outputs, inputs) = sizes
    let x = noise.floats(rows * inputs, scale: 4)
    let weights = (0..<outputs).map { _ in (0..<inputs).map { _ in Int(noise.next() * 127) } }
    let bytes = panels(weights, inputs: inputs)
    let scales = [Float](repeating: 1 / 256, count: 48)
    let quantised = Rows(kernels, rows: rows, columns: inputs)
    kernels.quantize(x, Int64(inputs), nil, Int64(rows), Int64(inputs), quantised.view)
    func product(_ activation: ept_activation) throws -> [Float] {
      var y = [Float](repeating: 0, count: rows * outputs)
      try multiply(
        kernels, quantised, bytes, panelBytes: inputs / 4 * 64, scales: scales, outputs: outputs,
        inputs: inputs, panels: 0..<(outputs + 15) / 16, activation: activation, into: &y,
        ldy: outputs)
      return y
    }
    for (u, y) in zip(try product(EPT_ACTIVATION_NONE), try product(EPT_ACTIVATION_GELU)) {
      let expected = Double(u) * normalDistribution(Double(u))
      #expect(abs(Double(y) - expected) < 1e-6 * max(1, abs(expected)), "gelu(\(u))")
    }
  }

  @Test func transposedPanels() {
    var noise = Noise(15)
    for (outputs, inputs) in [(1, 1), (16, 16), (17, 5), (40, 67), (5, 130), (64, 64)] {
      let weights = (0..<outputs).map { _ in (0..<inputs).map { _ in Int(noise.next() * 127) } }
      let turned = (0..<inputs).map { input in weights.map { $0[input] } }
      let expected = panels(turned, inputs: outputs)
      var transposed = [UInt8](repeating: 0, count: expected.count)
      ept_int8_transpose(
        panels(weights, inputs: inputs), Int64(outputs), Int64(inputs), &transposed)
      #expect(transposed == expected, "[\(outputs), \(inputs)]")
    }
  }

  @Test func decodedRows() {
    let weights = (0..<20).map { row in (0..<7).map { $0 * 18 - 50 - row } }
    let scales = (0..<32).map { Float($0) / 64 }
    var rows = [Float](repeating: 0, count: 3 * 7)
    panels(weights, inputs: 7).withUnsafeBufferPointer { bytes in
      scales.withUnsafeBufferPointer { scales in
        guard let codes = bytes.baseAddress else { return }
        var matrix = ept_int8_weights(
          codes: codes, scales: scales.baseAddress, outputs: 20, inputs: 7, panel_bytes: 128)
        ept_int8_decode(&matrix, 15, 18, &rows)
      }
    }
    #expect(rows == (15..<18).flatMap { row in weights[row].map { Float($0) * scales[row] } })
  }
}
