import EPTSystem
import Glibc

/// OpenBLAS's product of matrices, loaded when it is first asked for.
///
/// Loading takes milliseconds, which no answer should pay for; so the program isn't linked with it. It
/// computes on the calling thread alone: whoever calls it shares rows among threads of their own, and
/// two pools of threads would fight for the processors.
package struct OpenBLAS: Sendable {
  /// `cblas_sgemm` with 32-bit integers, as Debian builds it.
  private typealias Multiply =
    @convention(c) @Sendable (
      _ order: Int32, _ transposeA: Int32, _ transposeB: Int32, _ m: Int32, _ n: Int32, _ k: Int32,
      _ alpha: Float, _ a: UnsafePointer<Float>?, _ lda: Int32, _ b: UnsafePointer<Float>?,
      _ ldb: Int32, _ beta: Float, _ c: UnsafeMutablePointer<Float>?, _ ldc: Int32
    ) -> Void
  private typealias SetThreads = @convention(c) (Int32) -> Void
  private typealias TakeBuffer = @convention(c) (Int32) -> UnsafeMutableRawPointer?
  private typealias GiveBuffer = @convention(c) (UnsafeMutableRawPointer?) -> Void

  /// The values of cblas.h.
  private enum Constant {
    static let rowMajor: Int32 = 101
    static let plain: Int32 = 111
    static let transposed: Int32 = 112
  }

  private let sgemm: Multiply
  /// As the library itself says it.
  package let version: String

  /// The system's library; nil where it is not installed, or has no room to compute in.
  package static let shared: OpenBLAS? = OpenBLAS(libraries: [
    "libopenblas.so.0", "libopenblas.so",
  ])

  /// The first of `libraries` that can be loaded.
  init?(libraries: [String]) {
    for name in libraries {
      guard let library = Self.load(name) else { continue }
      guard let multiply = dlsym(library, "cblas_sgemm"),
        let setThreads = dlsym(library, "openblas_set_num_threads")
      else {
        dlclose(library)
        continue
      }
      unsafeBitCast(setThreads, to: SetThreads.self)(1)
      guard Self.takeBuffers(library) else { return nil }
      sgemm = unsafeBitCast(multiply, to: Multiply.self)
      version = Self.version(of: library)
      return
    }
    return nil
  }

  /// The second word of its configuration: "OpenBLAS 0.3.21 DYNAMIC_ARCH …".
  private static func version(of library: UnsafeMutableRawPointer) -> String {
    typealias Configuration = @convention(c) () -> UnsafePointer<CChar>?
    guard let symbol = dlsym(library, "openblas_get_config"),
      let text = unsafeBitCast(symbol, to: Configuration.self)()
    else { return "unknown" }
    let words = String(cString: text).split(separator: " ")
    return words.count > 1 ? String(words[1]) : "unknown"
  }

  /// Opens the library without threads of its own.
  ///
  /// It reads their number from the environment when it is loaded. Where it then gets no thread, it
  /// sends SIGINT to the process.
  private static func load(_ name: String) -> UnsafeMutableRawPointer? {
    let variable = "OPENBLAS_NUM_THREADS"
    let given = getenv(variable).map { String(cString: $0) }
    setenv(variable, "1", 1)
    defer {
      if let given { setenv(variable, given, 1) } else { unsetenv(variable) }
    }
    return dlopen(name, RTLD_NOW | RTLD_LOCAL)
  }

  /// Lets the library take the memory that it computes in, for every thread that may call it; false where
  /// the system refuses that much.
  ///
  /// It takes a buffer of up to 128 MiB of addresses for each call that runs at the same time as others,
  /// and keeps it. Where it gets none it asks again for ever, so it must not be the first to ask.
  private static func takeBuffers(_ library: UnsafeMutableRawPointer) -> Bool {
    let size = 144 << 20
    // The library counts its buffers in a table of fixed size.
    let count = min(Processors.available, 64)
    var rooms: [UnsafeMutableRawPointer] = []
    while rooms.count < count,
      let room = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      room != MAP_FAILED
    {
      rooms.append(room)
    }
    for room in rooms { munmap(room, size) }
    guard rooms.count == count else { return false }
    guard let take = dlsym(library, "blas_memory_alloc"),
      let give = dlsym(library, "blas_memory_free")
    else { return true }
    let buffers = (0..<count).map { _ in unsafeBitCast(take, to: TakeBuffer.self)(0) }
    for buffer in buffers { unsafeBitCast(give, to: GiveBuffer.self)(buffer) }
    return true
  }

  /// Puts `op(a) · op(b)` into `c`; false if a size is beyond the library's integers.
  fileprivate func multiply(
    _ a: MatrixView, _ transposeA: Bool, _ b: MatrixView, _ transposeB: Bool, into c: MatrixView
  ) -> Bool {
    let sizes = [c.rows, c.columns, transposeA ? a.rows : a.columns, a.stride, b.stride, c.stride]
    guard sizes.allSatisfy({ $0 <= Int(Int32.max) }) else { return false }
    let n = sizes.map { Int32($0) }
    sgemm(
      Constant.rowMajor, transposeA ? Constant.transposed : Constant.plain,
      transposeB ? Constant.transposed : Constant.plain, n[0], n[1], n[2], 1, a.base, n[3], b.base,
      n[4], 0, c.base, n[5])
    return true
  }
}

/// What computes products of dense matrices that are no part of a backbone.
package enum DenseProduct: Sendable {
  case openBLAS(OpenBLAS)
  /// The kernels of this project, which need no library.
  case own

  /// OpenBLAS where it is installed.
  package static var fastest: DenseProduct { OpenBLAS.shared.map { .openBLAS($0) } ?? .own }

  /// Puts `op(a) · op(b)` into `c`, on the calling thread alone.
  package func multiply(
    _ a: MatrixView, transposeA: Bool = false, _ b: MatrixView, transposeB: Bool = false,
    into c: MatrixView
  ) {
    if case .openBLAS(let library) = self, c.count > 0, (transposeA ? a.rows : a.columns) > 0 {
      Product.check(a, transposeA, b, transposeB, c)
      if library.multiply(a, transposeA, b, transposeB, into: c) { return }
    }
    Product.multiply(a, transposeA: transposeA, b, transposeB: transposeB, into: c)
  }
}
