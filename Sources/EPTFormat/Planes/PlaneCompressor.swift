import CEPTKernels
import CZstd

/// Makes the frames of a payload of codec `planes`.
///
/// One object serves one thread at a time.
final class PlaneCompressor: @unchecked Sendable {
  private static let instructionSet = Int32(ept_isa_chosen().rawValue)
  /// A plane is compressed, and a tensor gets the codec, only where that leaves at most this part.
  static let worthwhile = 0.95

  private let context: OpaquePointer

  init() {
    // The library gives none only where memory is out, which Swift does not survive either.
    guard let context = ZSTD_createCCtx() else { preconditionFailure("out of memory") }
    self.context = context
    // Exponents hardly repeat in runs: nearly all of the gain is in the Huffman code. A tiny table
    // of long matches finds the runs that are there and is faster and smaller than any level.
    for (parameter, value) in [
      (ZSTD_c_compressionLevel, 1), (ZSTD_c_strategy, Int32(ZSTD_fast.rawValue)),
      (ZSTD_c_minMatch, 7), (ZSTD_c_hashLog, 6),
    ] {
      ZSTD_CCtx_setParameter(context, parameter, value)
    }
  }

  deinit {
    ZSTD_freeCCtx(context)
  }

  /// Compresses one frame.
  ///
  /// - Parameters:
  ///   - numbers: The frame's numbers, `width` bytes each.
  ///   - width: Bytes of a number, 2 or 4.
  /// - Returns: The frame and its part of the table.
  func frame(of numbers: [UInt8], width: Int) -> PayloadPart {
    let count = numbers.count / width
    let planes = [UInt8](unsafeUninitializedCapacity: numbers.count) { planes, initialized in
      numbers.withUnsafeBytes { numbers in
        guard let from = numbers.baseAddress, let to = planes.baseAddress else { return }
        ept_split_planes(Self.instructionSet, from, Int64(count), Int32(width), to)
        initialized = numbers.count
      }
    }
    var stored = (0..<width).map { plane -> [UInt8] in
      let raw = planes[plane * count..<(plane + 1) * count]
      return compressed(raw) ?? Array(raw)
    }
    if stored.allSatisfy({ $0.count < count }) {
      // One plane must stand as it is: the one that loses least by it.
      let largest = stored.indices.max { stored[$0].count < stored[$1].count } ?? 0
      stored[largest] = Array(planes[largest * count..<(largest + 1) * count])
    }
    var table: [UInt8] = []
    for plane in stored { table.append(littleEndian: UInt32(plane.count)) }
    return PayloadPart(bytes: Array(stored.joined()), tail: table)
  }

  /// `plane` compressed; nil where that does not pay.
  private func compressed(_ plane: ArraySlice<UInt8>) -> [UInt8]? {
    let limit = Int(Self.worthwhile * Double(plane.count))
    guard limit > 0 else { return nil }
    var isWorthwhile = false
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { output, initialized in
      // Compression ends with an error as soon as the limit is passed.
      let size = plane.withUnsafeBytes {
        ZSTD_compress2(context, output.baseAddress, limit, $0.baseAddress, $0.count)
      }
      isWorthwhile = ZSTD_isError(size) == 0
      initialized = isWorthwhile ? size : 0
    }
    return isWorthwhile ? bytes : nil
  }
}
