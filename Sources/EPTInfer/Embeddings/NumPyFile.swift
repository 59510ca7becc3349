import EPTSystem

/// An array of binary32 numbers in NumPy's file format, version 1.0; it appears when it is whole.
///
/// The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
public final class NumPyFile {
  /// Magic, version, the header's length and the header: room for any shape.
  private static let headerSize = 128

  private let file: AtomicFile
  /// Numbers in a row; nil for an array of one dimension.
  private let columns: Int?
  private var count = 0

  /// Begins a file at `path` of rows of `columns` numbers, or of single numbers if it is nil.
  ///
  /// - Throws: `SystemError.outputExists` unless `replacing`, or `.system`.
  public init(path: String, columns: Int?, replacing: Bool) throws {
    file = try AtomicFile(path: path, replacing: replacing)
    self.columns = columns
  }

  /// How many numbers one record has.
  var rowLength: Int { columns ?? 1 }

  /// Adds rows at the end; `values` has whole ones.
  ///
  /// - Throws: `SystemError.system`.
  func append(_ values: [Float]) throws {
    let offset = Self.headerSize + count * MemoryLayout<Float>.size
    // Little-endian, as all machines that this runs on are.
    try values.withUnsafeBytes { try file.write($0, at: offset) }
    count += values.count
  }

  /// Writes the header, which tells the number of rows, and gives the file its name.
  ///
  /// - Throws: `SystemError.outputExists` or `.system`; the path is untouched then.
  public func commit() throws {
    let rows = count / rowLength
    let shape = columns.map { "(\(rows), \($0))" } ?? "(\(rows),)"
    var text = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }"
    let prefix: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    let length = Self.headerSize - prefix.count - 2
    text += String(repeating: " ", count: length - text.utf8.count - 1) + "\n"
    let header = prefix + [UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
    try header.withUnsafeBytes { try file.write($0, at: 0) }
    try file.commit()
  }
}
