import EPTFormat
import EPTSystem
import Foundation

/// The bytes of a file.
func read(_ path: String) throws -> [UInt8] {
  let file = try MappedFile(path: path)
  return withExtendedLifetime(file) { Array(file.bytes) }
}

/// Writes a file.
func write(_ bytes: [UInt8], to path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// Writes a text file.
func write(_ text: String, to path: String) throws {
  try write(Array(text.utf8), to: path)
}
