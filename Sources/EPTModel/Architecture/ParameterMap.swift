import EPTCompute
import EPTFormat
import EPTLayers

/// Makes layers from tensors by name.
///
/// An architecture says a tensor's name and shape once, when it asks for the layer: `convert` has a
/// map list them, loading has one read them.
package final class ParameterMap {
  private struct Source {
    let weights: any WeightSource
    let precision: Precision?
  }

  private let source: Source?
  /// All tensors that were asked for, in order.
  private(set) var specifications: [ParameterSpecification] = []

  /// A map that lists tensors; layers that it makes must not be run.
  init() {
    source = nil
  }

  /// A map that reads `weights`.
  ///
  /// `precision` is that of all products. If it is nil, products with weights that are quantised in
  /// the file are computed in int8, others in binary32.
  init(_ weights: any WeightSource, precision: Precision?) {
    source = Source(weights: weights, precision: precision)
  }

  /// A linear layer from `name.weight`, `[outputs, inputs]`, and, with `hasBias`, `name.bias`.
  ///
  /// - Throws: `FormatError`.
  func linear(
    _ name: String, _ outputs: Int, _ inputs: Int, hasBias: Bool = true,
    isExact: Bool = false
  ) throws -> Linear {
    let specification = ParameterSpecification(name + ".weight", [outputs, inputs])
    let tensor = try tensor(specification)
    let bias = hasBias ? try vector(name + ".bias", outputs) : nil
    guard let tensor, let source else {
      return Linear(
        WeightMatrix(storage: WeightStorage(), rows: outputs, columns: inputs), bias: bias)
    }
    return try Linear(tensor, bias: bias, isExact ? .f32 : source.precision)
  }

  /// Whether a matrix in int8 can be cut after every `rows` rows: a cut must be between panels.
  func canCut(_ rows: Int) -> Bool { rows % PanelGeometry.rowsPerPanel == 0 }

  /// The fused matrix `name.weight`, `[outputs, inputs]`, as `count` layers of equal parts of its
  /// outputs.
  ///
  /// Where the parts are not whole panels, they are computed in binary32.
  ///
  /// - Throws: `FormatError`.
  func fused(_ name: String, parts count: Int, _ outputs: Int, _ inputs: Int) throws -> [Linear] {
    let isExact = !canCut(outputs / count)
    return try linear(name, outputs, inputs, hasBias: false, isExact: isExact).parts(count)
  }

  /// The matrix `name` that rows are looked up in, `[rows, columns]`.
  ///
  /// - Throws: `FormatError`.
  func embedding(
    _ name: String, _ rows: Int, _ columns: Int, isSmallTable: Bool = false,
    aliases: [String] = []
  ) throws -> Embedding {
    let specification = ParameterSpecification(
      name, [rows, columns], isSmallTable: isSmallTable, aliases: aliases)
    guard let tensor = try tensor(specification) else {
      return Embedding(WeightMatrix(storage: WeightStorage(), rows: rows, columns: columns))
    }
    return try Embedding(tensor, source?.precision)
  }

  /// LayerNorm from `name.weight` and, with `hasBias`, `name.bias`, `[width]` each.
  ///
  /// - Throws: `FormatError`.
  func layerNorm(
    _ name: String, _ hiddenSize: Int, epsilon: Float, hasBias: Bool = true
  ) throws -> Norm {
    // Checkpoints that came from TensorFlow call the weight gamma and the bias beta.
    Norm(
      scale: try vector(name + ".weight", hiddenSize, aliases: [name + ".gamma"]),
      shift: hasBias ? try vector(name + ".bias", hiddenSize, aliases: [name + ".beta"]) : nil,
      epsilon: epsilon, isCentered: true)
  }

  /// RMSNorm from `name.weight`, `[width]`.
  ///
  /// - Throws: `FormatError`.
  func rmsNorm(_ name: String, _ hiddenSize: Int, epsilon: Float) throws -> Norm {
    Norm(
      scale: try vector(name + ".weight", hiddenSize), shift: nil, epsilon: epsilon,
      isCentered: false)
  }

  /// A bias by buckets of distances from `name`, `[buckets, heads]`.
  ///
  /// - Throws: `FormatError`.
  func relativeBias(
    _ name: String, buckets: Int, heads: Int, maximumDistance: Int, isBidirectional: Bool
  ) throws -> RelativeBias {
    let specification = ParameterSpecification(name, [buckets, heads], isSmallTable: true)
    let storage = try tensor(specification).map { try WeightStorage($0) } ?? WeightStorage()
    return RelativeBias(
      weight: WeightMatrix(storage: storage, rows: buckets, columns: heads),
      maximumDistance: maximumDistance, isBidirectional: isBidirectional)
  }

  /// Logits over the vocabulary: from a matrix of their own called `name`, `[vocabulary, d]`, or
  /// from the word embeddings where there is none, times `scale`.
  ///
  /// - Throws: `FormatError`.
  func vocabulary(_ name: String?, tiedTo words: Embedding, scale: Float) throws -> OutputVocabulary
  {
    let weight = try name.map { try embedding($0, words.rows, words.columns) } ?? words
    return OutputVocabulary(weight: weight, scale: scale, precision: source?.precision)
  }

  private func vector(
    _ name: String, _ count: Int, aliases: [String] = []
  ) throws -> WeightVector {
    let tensor = try tensor(ParameterSpecification(name, [count], aliases: aliases))
    return WeightVector(storage: try tensor.map { try WeightStorage($0) } ?? WeightStorage())
  }

  /// The tensor; nil where tensors are only listed.
  private func tensor(_ specification: ParameterSpecification) throws -> StoredTensor? {
    specifications.append(specification)
    return try source?.weights.tensor(specification.name, shape: specification.shape)
  }
}
