import EPTFormat

/// Files that hold no rows, told by their first bytes.
extension FormatSniffer {
  /// Refuses bytes that are no text: one has no zero byte, whatever its language.
  ///
  /// - Throws: `DataError.foreign`.
  func refuseBinary(name: String) throws {
    guard bytes[..<line.endIndex].contains(0) else { return }
    throw DataError.foreign(
      input: name, what: "no text", hint: "rows are CSV, TSV, JSON or fastText's lines")
  }

  /// Refuses lines that a carriage return alone ends: all of them would be one.
  ///
  /// - Throws: `DataError.foreign`.
  func refuseReturns(name: String) throws {
    let end = UInt8(ascii: "\n")
    // A single one within a line is part of a text.
    let returns = bytes.dropLast().count { $0 == UInt8(ascii: "\r") }
    guard !bytes.contains(end), returns > 1 else { return }
    throw DataError.foreign(
      input: name, what: "a text whose lines end as on an old Mac",
      hint: "mend them: `tr '\\r' '\\n'` does")
  }

  /// Refuses files that are known to be something else.
  ///
  /// - Throws: `DataError.foreign`.
  func refuseForeign(name: String) throws {
    let known: [(magic: [UInt8], what: String, hint: String)] = [
      (Array("PAR1".utf8), "a Parquet file", "save its rows as CSV or JSON first"),
      (Array("ARROW1".utf8), "an Arrow file", "save its rows as CSV or JSON first"),
      (
        [0x50, 0x4B, 0x03, 0x04], "a zip archive or an Excel workbook",
        "unpack it, or save the sheet as CSV"
      ),
      ([0xD0, 0xCF, 0x11, 0xE0], "an old Excel workbook", "save the sheet as CSV"),
      (Array("BZh".utf8), "compressed by bzip2", "unpack it, or compress it with gzip or zstd"),
      (
        [0xFD, 0x37, 0x7A, 0x58], "compressed by xz", "unpack it, or compress it with gzip or zstd"
      ),
      (Array("version https://git-lfs".utf8), "a git-LFS pointer", "fetch it with `git lfs pull`"),
      (
        ContainerKind.backbone.magic, "a backbone",
        "give it as the model; rows are texts and labels"
      ),
      (ContainerKind.bundle.magic, "a bundle", "give it as the prompt; rows are texts and labels"),
    ]
    if let kind = known.first(where: { bytes.starts(with: $0.magic) }) {
      throw DataError.foreign(input: name, what: kind.what, hint: kind.hint)
    }
    let start = String(decoding: line.prefix(16), as: UTF8.self).lowercased()
    if start.hasPrefix("<!doctype") || start.hasPrefix("<html") || start.hasPrefix("<?xml") {
      throw DataError.foreign(
        input: name, what: "a web page",
        hint: "the download went wrong, so fetch the file itself again")
    }
  }
}
