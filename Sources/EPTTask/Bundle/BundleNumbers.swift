import EPTFormat

/// How a bundle's tensors are stored.
public enum BundleNumbers: String, Sendable, CaseIterable {
  /// binary32: training can go on without loss.
  case f32
  /// binary16: half the size.
  case f16
  /// Eight bits a number and a scale for each row or part of a row; binary16 for heads, and where
  /// that is no larger.
  case q8

  /// Adds a tensor to a bundle that is written to `path`.
  ///
  /// - Throws: `TaskError.unusablePrompt` for a number that this type cannot hold.
  func add(
    _ name: String, _ shape: [Int], _ values: [Float], to writer: inout ContainerWriter,
    _ path: String
  ) throws {
    switch self {
    case .f32: writer.addTensor(name: name, shape: shape, floats: values)
    case .f16:
      writer.addTensor(
        name: name, shape: shape, encoding: .f16, bytes: try halves(name, values, path))
    case .q8:
      guard let rows = QuantizedRows(shape) else {
        return try Self.f16.add(name, shape, values, to: &writer, path)
      }
      writer.addTensor(
        name: name, shape: rows.shape, encoding: .q8, bytes: try rows.bytes(of: values, name, path))
    }
  }

  private func halves(_ name: String, _ values: [Float], _ path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(2 * values.count)
    for value in values {
      let half = Float16(value)
      guard half.isFinite else {
        throw TaskError.unusablePrompt(
          path: path, reason: "tensor `\(name)` has \(value), which is beyond binary16; keep f32")
      }
      withUnsafeBytes(of: half.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }
}

/// A matrix of a bundle in `q8`: its rows, or equal parts of them, fill panels of sixteen.
///
/// A panel is stored whole. Matrices of a prompt have few long rows, so that parts of rows fill
/// panels better, and have scales of their own.
struct QuantizedRows {
  /// The rows and columns that are stored.
  let shape: [Int]

  /// The most parts of a row.
  private static let mostParts = 16

  /// The smallest way to store a matrix of `shape`; nil where binary16 is as small.
  init?(_ shape: [Int]) {
    guard shape.count == 2, let half = TensorEncoding.f16.byteCount(shape: shape) else {
      return nil
    }
    var best: (bytes: Int, shape: [Int])?
    for parts in 1...Self.mostParts where shape[1] % (4 * parts) == 0 {
      let cut = [shape[0] * parts, shape[1] / parts]
      guard let bytes = TensorEncoding.q8.byteCount(shape: cut) else { continue }
      if bytes < best?.bytes ?? half { best = (bytes, cut) }
    }
    guard let best else { return nil }
    self.shape = best.shape
  }

  /// Whether a matrix of `shape` may be stored as `stored`: each row in so many parts.
  static func areParts(_ stored: [Int], of shape: [Int]) -> Bool {
    guard stored.count == 2, shape.count == 2, stored[1] > 0 else { return false }
    let (parts, rest) = shape[1].quotientAndRemainder(dividingBy: stored[1])
    return rest == 0 && (1...mostParts).contains(parts) && stored[0] == shape[0] * parts
  }

  /// The payload for `values`, row-major.
  ///
  /// - Throws: `TaskError.unusablePrompt` for a number that is not finite.
  func bytes(of values: [Float], _ name: String, _ path: String) throws -> [UInt8] {
    let panels = try? PanelQuantizer(.q8, rows: shape[0], columns: shape[1])?.panels(
      of: values, rows: shape[0])
    guard let panels else {
      throw TaskError.unusablePrompt(
        path: path, reason: "a number of tensor `\(name)` is not finite; it cannot be stored")
    }
    return panels.codes + panels.scales
  }
}
