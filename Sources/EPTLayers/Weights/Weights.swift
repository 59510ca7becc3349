import EPTCompute
import EPTFormat

/// A tensor's numbers as binary32, for as long as this object lives.
///
/// Aligned binary32 is used where the file is mapped; every other encoding is decoded once.
package final class WeightStorage: Sendable {
  package nonisolated(unsafe) let numbers: UnsafeMutablePointer<Float>
  package let count: Int
  /// The tensor whose mapped bytes `numbers` are, nil if this object allocated them.
  private let mapped: StoredTensor?

  /// - Throws: `FormatError.corrupt` for a compressed tensor that cannot be decoded.
  package init(_ tensor: StoredTensor) throws {
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

  /// Stands for numbers that nobody reads, where only a model's parameters are listed.
  package init() {
    count = 0
    numbers = .allocate(capacity: 1)
    mapped = nil
  }

  /// Takes a copy of `values`.
  package init(_ values: [Float]) {
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
package struct WeightMatrix: Sendable {
  let storage: WeightStorage
  package let rows: Int
  package let columns: Int

  package init(storage: WeightStorage, rows: Int, columns: Int) {
    self.storage = storage
    self.rows = rows
    self.columns = columns
  }

  /// The numbers, to read only, while this value lives. `[rows, columns]`
  package var view: MatrixView { MatrixView(base: storage.numbers, rows: rows, columns: columns) }
}

/// A frozen vector.
package struct WeightVector: Sendable {
  let storage: WeightStorage
  /// The number of `storage` that the vector starts with.
  let first: Int

  package init(storage: WeightStorage, first: Int = 0) {
    self.storage = storage
    self.first = first
  }

  /// The numbers, to read only, while this value lives.
  package var numbers: UnsafePointer<Float> { UnsafePointer(storage.numbers + first) }
}

extension WeightSource {
  /// The tensor called `name`, which must have `shape`.
  ///
  /// - Throws: `FormatError`.
  package func tensor(_ name: String, shape: [Int]) throws -> StoredTensor {
    let tensor = try tensor(name)
    guard tensor.shape == shape else {
      throw FormatError.wrongShape(
        path: path, tensor: name, expected: shape, actual: tensor.shape)
    }
    return tensor
  }
}
