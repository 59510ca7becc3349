import CEPTKernels
import CZstd

/// Undoes the frames of a payload of codec `planes`.
///
/// One object serves one thread at a time.
final class PlaneDecompressor: @unchecked Sendable {
  private static let instructionSet = Int32(ept_isa_chosen().rawValue)

  private let context: OpaquePointer
  /// Planes that were compressed, one after another.
  private var planes: [UInt8] = []

  init() {
    // The library gives none only where memory is out, which Swift does not survive either.
    guard let context = ZSTD_createDCtx() else { preconditionFailure("out of memory") }
    self.context = context
  }

  deinit {
    ZSTD_freeDCtx(context)
  }

  /// Decodes one frame.
  ///
  /// - Parameters:
  ///   - frame: Its planes as they are stored.
  ///   - sizes: How many bytes of `frame` each plane has; one for each byte of a number.
  ///   - output: Takes the numbers.
  /// - Returns: false where a plane cannot be decompressed to as many bytes as there are numbers.
  func decode(
    _ frame: UnsafeRawBufferPointer, sizes: [Int], into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let count = output.count / sizes.count
    guard let target = output.baseAddress else { return true }
    let compressed = sizes.reduce(0) { $0 + ($1 < count ? 1 : 0) }
    if planes.count < compressed * count {
      planes = [UInt8](repeating: 0, count: compressed * count)
    }
    return planes.withUnsafeMutableBytes { scratch in
      var places: [UnsafePointer<UInt8>?] = []
      var (start, used) = (0, 0)
      for size in sizes {
        let plane = UnsafeRawBufferPointer(rebasing: frame[start..<start + size])
        start += size
        if size == count {
          places.append(plane.baseAddress?.assumingMemoryBound(to: UInt8.self))
          continue
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: scratch[used..<used + count])
        used += count
        let made = ZSTD_decompressDCtx(
          context, room.baseAddress, room.count, plane.baseAddress, plane.count)
        guard ZSTD_isError(made) == 0, made == count else { return false }
        places.append(UnsafePointer(room.baseAddress?.assumingMemoryBound(to: UInt8.self)))
      }
      ept_join_planes(
        Self.instructionSet, places.compactMap(\.self), Int64(count), Int32(sizes.count), target)
      return true
    }
  }
}
