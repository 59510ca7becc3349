import CEPTKernels
import EPTFormat
import EPTTestSupport
import EPTText
import Foundation

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// Numbers that look random and are the same in every run (SplitMix64).
struct Noise {
  private var state: UInt64

  init(_ seed: UInt64) {
    state = seed
  }

  /// Evenly spread between -1 and 1.
  mutating func next() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float(Int64(bitPattern: (bits ^ (bits >> 31)) & ~0xFF_FFFF_FFFF) >> 40) / Float(1 << 23)
  }

  mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in scale * next() }
  }

  mutating func matrix(_ rows: Int, _ columns: Int, scale: Float = 1) -> Matrix {
    Matrix(rows: rows, columns: columns, values: floats(rows * columns, scale: scale))
  }
}

extension Arena {
  /// A copy of `matrix` in this arena.
  func copy(_ matrix: Matrix) -> MatrixView {
    let view = self.matrix(matrix.rows, matrix.columns)
    view.copy(matrix)
    return view
  }
}

/// The largest absolute difference; infinite if the counts differ or a number is not finite.
func largestDifference(_ actual: [Float], _ expected: [Double]) -> Double {
  largestDifference(actual.map(Double.init), expected)
}

/// The same for numbers that were computed with.
func largestDifference(_ actual: [Double], _ expected: [Double]) -> Double {
  guard actual.count == expected.count else { return .infinity }
  return zip(actual, expected).reduce(0) { worst, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isFinite ? max(worst, difference) : .infinity
  }
}

/// The first `count` numbers of each row of `scores`, less the row's first: what scores say of
/// classes whatever they all share.
func besideFirst(
  _ scores: [some BinaryFloatingPoint], columns: Int, count: Int? = nil
) -> [Double] {
  stride(from: 0, to: scores.count, by: columns).flatMap { row in
    scores[row..<row + (count ?? columns)].map { Double($0) - Double(scores[row]) }
  }
}

/// `words` and, for each, one that goes on where it ends, so that every end token counts.
func withContinuations(_ words: [[Int32]]) -> [[Int32]] {
  words + words.map { $0.dropLast() + [2, 1] }
}

/// The norm of the difference relative to the norm of what is expected.
func relativeError(_ actual: [Float], _ expected: [Double]) -> Double {
  guard actual.count == expected.count else { return .infinity }
  var difference = 0.0
  var norm = 0.0
  for (value, reference) in zip(actual, expected) {
    difference += (Double(value) - reference) * (Double(value) - reference)
    norm += reference * reference
  }
  guard difference.isFinite else { return .infinity }
  return norm == 0 ? difference.squareRoot() : (difference / norm).squareRoot()
}

/// The gradient of `loss` by central differences of fourth order.
///
/// `loss` sums in Double; the binary32 inside it leaves errors of about 1e-7 of its terms over
/// `step`.
func centralDifferences(
  _ values: [Float], step: Float = 0.03, _ loss: ([Float]) throws -> Double
) rethrows -> [Double] {
  try values.indices.map { index in
    func shifted(_ steps: Float) throws -> (Double, Double) {
      var values = values
      values[index] += steps * step
      return (try loss(values), Double(values[index]))
    }
    let (far, near) = (try shifted(2), try shifted(1))
    let (nearBack, farBack) = (try shifted(-1), try shifted(-2))
    let one = (near.0 - nearBack.0) / (near.1 - nearBack.1)
    let two = (far.0 - farBack.0) / (far.1 - farBack.1)
    return (4 * one - two) / 3
  }
}

/// `Σ weights · values` in Double.
func weightedSum(_ values: [Float], _ weights: [Float]) -> Double {
  zip(values, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

/// Instruction sets that tests ask for one by one.
enum InstructionSet: String, CaseIterable {
  case scalar
  case avx2
  case avx512
  case amx
  case neon
  case dotprod
  case i8mm

  /// Those of this kind of processor.
  static var allCases: [InstructionSet] {
    #if arch(arm64)
      [.scalar, .neon, .dotprod, .i8mm]
    #else
      [.scalar, .avx2, .avx512, .amx]
    #endif
  }

  private var isa: ept_isa {
    switch self {
    case .scalar: EPT_ISA_SCALAR
    case .avx2: EPT_ISA_AVX2
    case .avx512: EPT_ISA_AVX512
    case .amx: EPT_ISA_AMX
    case .neon: EPT_ISA_NEON
    case .dotprod: EPT_ISA_DOTPROD
    case .i8mm: EPT_ISA_I8MM
    }
  }

  /// The loops for this set, nil where the processor lacks it.
  var loops: ept_kernels? { ept_kernels_for(isa)?.pointee }

  /// Attention in bfloat16 for this set, nil where the processor lacks it.
  var bfloat16Attention: ept_attention_kernels? {
    self == .avx512 ? ept_bf16_attention_for(EPT_ISA_AVX512)?.pointee : nil
  }

  /// The loops in int8 for this set, nil where the processor lacks it.
  var int8Kernels: ept_int8_kernels? { ept_int8_kernels_for(Int32(isa.rawValue))?.pointee }
}

/// `Φ(u)`.
func normalDistribution(_ u: Double) -> Double { 0.5 * erfc(-u / 2.0.squareRoot()) }

extension GoldenTensors {
  /// Tensor `name` as a matrix; three dimensions become rows of the last.
  func matrix(_ name: String) throws -> Matrix {
    let shape = try shape(name)
    let columns = shape.last ?? 0
    let values = try floats(name)
    return Matrix(rows: columns == 0 ? 0 : values.count / columns, columns: columns, values: values)
  }

  /// Texts that stand end to end in `ids`, `segments` and `lengths`.
  func texts() throws -> [TokenizedText] {
    let ids = try integers("ids").map { Int32($0) }
    let tokenTypeIDs = try integers("segments").map { UInt8($0) }
    var start = 0
    return try integers("lengths").map { length in
      defer { start += length }
      let range = start..<start + length
      return TokenizedText(ids: [Int32](ids[range]), tokenTypeIDs: [UInt8](tokenTypeIDs[range]))
    }
  }
}

/// Loads the model in `folder`, which has a `config.json` and a `model.safetensors`.
func loadModel(
  _ folder: String, configuration: String = "config", threads: Int = 1,
  precision: Precision? = nil
) throws -> PromptedModel {
  let configuration = try String(
    contentsOfFile: folder + "/\(configuration).json", encoding: .utf8)
  return try PromptedModel(
    weights: try SafetensorsFile(path: folder + "/model.safetensors"),
    configuration: try JSON(parsing: configuration), threads: threads, precision: precision)
}

extension PromptedModel {
  /// The scores with one prompt, `[texts, classes]`.
  func scores(
    _ batch: TokenBatch, prompt: FoldedPrompt?, readout: Readout
  ) throws -> Matrix {
    try scores(batch, prompt: prepare(prompt, readout: readout))
  }
}

/// A text of ordinary tokens.
func text(_ ids: [Int32]) -> TokenizedText {
  TokenizedText(ids: ids, tokenTypeIDs: [UInt8](repeating: 0, count: ids.count))
}

extension PromptPart {
  /// The parts in front of the text and on it: all but those of projections after blocks.
  static let ofPrompt = allCases.filter { !$0.rawValue.hasPrefix("depth") }
}
