import EPTSystem
import Glibc
import Synchronization

/// The numbers of a tensor whose payload is compressed, for as long as this object lives.
final class DecodedPayload: Sendable {
  /// The encoded numbers, at a multiple of 64 bytes as in a mapped file.
  nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  /// Decoders that no call uses now.
  private static let idle = Mutex<[PlaneDecompressor]>([])

  /// Decodes `payload`, frames at a time on all processors.
  ///
  /// Nothing is allocated before all sizes have been checked.
  ///
  /// - Throws: `SystemError.outOfMemory`.
  /// - Returns: nil where `payload` cannot be decoded to what `layout` says.
  init?(_ payload: UnsafeRawBufferPointer, layout: PlaneLayout) throws {
    guard let offsets = layout.frameOffsets(in: payload) else { return nil }
    let byteCount = layout.count * layout.width
    // Swift's own allocation would end the process where there is no memory.
    var place: UnsafeMutableRawPointer?
    guard posix_memalign(&place, ContainerLayout.alignment, max(1, byteCount)) == 0, let place
    else {
      throw SystemError.outOfMemory(purpose: "a compressed tensor", bytes: byteCount)
    }
    let memory = UnsafeMutableRawBufferPointer(start: place, count: byteCount)
    bytes = UnsafeRawBufferPointer(memory)
    let output = UnsafeOutput(memory)
    nonisolated(unsafe) let source = payload
    let hasFault = Atomic(false)
    Parallel.forEach(layout.frames) { index in
      let decompressor = Self.idle.withLock { $0.popLast() } ?? PlaneDecompressor()
      defer { Self.idle.withLock { $0.append(decompressor) } }
      let start = index * PlaneLayout.numbersPerFrame * layout.width
      let size = layout.numbers(inFrame: index) * layout.width
      let isWhole = decompressor.decode(
        UnsafeRawBufferPointer(rebasing: source[offsets[index]..<offsets[index + 1]]),
        sizes: layout.planeSizes(frame: index, in: source),
        into: UnsafeMutableRawBufferPointer(rebasing: output.bytes[start..<start + size]))
      if !isWhole { hasFault.store(true, ordering: .relaxed) }
    }
    if hasFault.load(ordering: .relaxed) { return nil }
  }

  deinit {
    free(UnsafeMutableRawPointer(mutating: bytes.baseAddress))
  }

  /// Memory of which each thread writes its own part.
  private struct UnsafeOutput: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ bytes: UnsafeMutableRawBufferPointer) {
      self.bytes = bytes
    }
  }
}
