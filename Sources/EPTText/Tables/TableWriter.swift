/// Puts the sections of a compiled tokenizer together.
struct TableWriter {
  private var sections: [(name: TableSection, bytes: [UInt8])] = []

  mutating func add(_ name: TableSection, _ bytes: [UInt8]) {
    sections.append((name, bytes))
  }

  mutating func add<Value: FixedWidthInteger>(_ name: TableSection, values: [Value]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * MemoryLayout<Value>.size)
    for value in values { bytes.appendLittleEndian(value) }
    add(name, bytes)
  }

  mutating func add(_ name: TableSection, values: [Double]) {
    add(name, values: values.map(\.bitPattern))
  }

  /// The whole: header, directory, sections in order of name, zero bytes between.
  func bytes(kind: TableKind) -> [UInt8] {
    let ordered = sections.sorted { $0.name.rawValue < $1.name.rawValue }
    var header = TableFormat.magic
    header.appendLittleEndian(kind.version(ordered.map(\.name)))
    header.appendLittleEndian(kind.rawValue)
    header.appendLittleEndian(UInt32(ordered.count))
    header.appendLittleEndian(UInt32(0))
    var offset = aligned(TableFormat.headerSize + ordered.count * TableFormat.entrySize)
    var offsets: [Int] = []
    for section in ordered {
      header.appendLittleEndian(section.name.rawValue)
      header.appendLittleEndian(UInt32(0))
      header.appendLittleEndian(UInt64(offset))
      header.appendLittleEndian(UInt64(section.bytes.count))
      offsets.append(offset)
      offset = aligned(offset + section.bytes.count)
    }
    var result = header
    result.reserveCapacity(offset)
    for (section, start) in zip(ordered, offsets) {
      result.append(contentsOf: repeatElement(0, count: start - result.count))
      result += section.bytes
    }
    return result
  }

  private func aligned(_ offset: Int) -> Int {
    (offset + TableFormat.alignment - 1) / TableFormat.alignment * TableFormat.alignment
  }
}

extension [UInt8] {
  fileprivate mutating func appendLittleEndian<Value: FixedWidthInteger>(_ value: Value) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
