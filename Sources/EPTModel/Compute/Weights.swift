import EPTFormat

/// A tensor's numbers as binary32, for as long as this object lives.
///
/// Aligned binary32 is used where the file is mapped; every other encoding is decoded once.
final class WeightStorage: Sendable {
  nonisolated(unsafe) let numbers: UnsafeMutablePointer<Float>
  let count: Int
  /// The tensor whose mapped bytes `numbers` are, nil if this object allocated them.
  private let mapped: StoredTensor?

  /// - Throws: `FormatError.corrupt` for a compressed tensor that cannot be decoded.
  init(_ tensor: StoredTensor) throws {
    count = tensor.count
    if tensor.encoding == .f32, let address = tensor.bytes.baseAddress,
      UInt(bitPattern: address) % UInt(MemoryLayout<Float>.alignment) == 0
    {
      // Mapped read-only: views of weights are never written through.
      numbers = UnsafeMutableRawPointer(mutating: address).assumingMemoryBound(to: Float.self)
      mapped = tensor
    } else {
      let values = try tensor.floats()
      numbers = .allocate(capacity: max(1, count))
      _ = UnsafeMutableBufferPointer(start: numbers, count: count).initialize(from: values)
      mapped = nil
    }
  }

  /// Takes a copy of `values`.
  init(_ values: [Float]) {
    count = values.count
    numbers = .allocate(capacity: max(1, count))
    _ = UnsafeMutableBufferPointer(start: numbers, count: count).initialize(from: values)
    mapped = nil
  }

  deinit {
    if mapped == nil { numbers.deallocate() }
  }
}

/// A frozen matrix.
struct WeightMatrix: Sendable {
  let storage: WeightStorage
  let rows: Int
  let columns: Int

  /// The numbers, to read only, while this value lives. `[rows, columns]`
  var view: MatrixView { MatrixView(base: storage.numbers, rows: rows, columns: columns) }
}

/// A frozen vector.
struct WeightVector: Sendable {
  let storage: WeightStorage

  /// The numbers, to read only, while this value lives.
  var numbers: UnsafePointer<Float> { UnsafePointer(storage.numbers) }
}

extension WeightSource {
  /// The matrix called `name`.
  ///
  /// - Throws: `FormatError`.
  func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> WeightMatrix {
    WeightMatrix(
      storage: try WeightStorage(tensor(name, shape: [rows, columns])), rows: rows,
      columns: columns)
  }

  /// The vector called `name`.
  ///
  /// - Throws: `FormatError`.
  func vector(_ name: String, _ count: Int) throws -> WeightVector {
    WeightVector(storage: try WeightStorage(tensor(name, shape: [count])))
  }

  /// The tensor called `name`, which must have `shape`.
  ///
  /// - Throws: `FormatError`.
  func tensor(_ name: String, shape: [Int]) throws -> StoredTensor {
    let tensor = try tensor(name)
    guard tensor.shape == shape else {
      throw FormatError.wrongShape(
        path: path, tensor: name, expected: shape, actual: tensor.shape)
    }
    return tensor
  }
}
