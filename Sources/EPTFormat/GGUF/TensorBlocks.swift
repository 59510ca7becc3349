/// Rows of heads that were reordered so that a rotation turns neighbours: number `2·i + j` of a head
/// stands for number `j · width/2 + i`.
struct HeadRows: Sendable, Equatable {
  let rows: Int
  /// Rows of a head.
  private let width: Int

  /// Nil where the rows are not those of `heads` heads of an even width.
  init?(rows: Int, heads: Int) {
    guard heads > 0, rows % heads == 0, rows / heads % 2 == 0 else { return nil }
    self.rows = rows
    width = rows / heads
  }

  /// Where row `row` of the order by halves stands in the file.
  func place(of row: Int) -> Int {
    let (head, number) = row.quotientAndRemainder(dividingBy: width)
    let (half, index) = number.quotientAndRemainder(dividingBy: width / 2)
    return head * width + 2 * index + half
  }
}

/// How a tensor's numbers lie in blocks, row by row.
struct TensorBlocks: Sendable, Equatable {
  let type: GGUFType
  /// Numbers of a row: whole blocks.
  let columns: Int
  /// The order of the rows; nil where it is the tensor's own.
  let order: HeadRows?

  private var rowBytes: Int { columns / type.blockSize * type.blockBytes }

  /// The numbers at `range` of the row-major order.
  func floats(_ range: Range<Int>, of elements: UnsafeRawBufferPointer) -> [Float] {
    [Float](unsafeUninitializedCapacity: range.count) { output, initialized in
      initialized = range.count
      guard let target = output.baseAddress, let source = elements.baseAddress, !range.isEmpty
      else { return }
      let size = type.blockSize
      withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { block in
        guard let decoded = block.baseAddress else { return }
        eachRow(range) { row, part, start in
          let bytes = source + row * rowBytes
          for index in part.lowerBound / size...(part.upperBound - 1) / size {
            let numbers = part.clamped(to: index * size..<(index + 1) * size)
            let place = target + start + numbers.lowerBound - part.lowerBound
            let address = bytes + index * type.blockBytes
            guard numbers.count < size else {
              type.decode(address, into: place)
              continue
            }
            type.decode(address, into: decoded)
            place.update(
              from: decoded + numbers.lowerBound - index * size, count: numbers.count)
          }
        }
      }
    }
  }

  /// The bytes of the numbers at `range` of the row-major order, for types that are no blocks.
  func bytes(_ range: Range<Int>, of elements: UnsafeRawBufferPointer) -> [UInt8] {
    let size = type.blockBytes
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size * range.count)
    guard !range.isEmpty else { return bytes }
    eachRow(range) { row, part, _ in
      let first = row * rowBytes
      bytes += elements[first + size * part.lowerBound..<first + size * part.upperBound]
    }
    return bytes
  }

  /// Calls `body` with each row's place in the file, the columns of it that are in `range`, and how many
  /// numbers of `range` were before.
  private func eachRow(
    _ range: Range<Int>, _ body: (_ row: Int, _ part: Range<Int>, _ start: Int) -> Void
  ) {
    for row in range.lowerBound / columns...(range.upperBound - 1) / columns {
      let part = range.clamped(to: row * columns..<(row + 1) * columns)
      body(
        order?.place(of: row) ?? row,
        part.lowerBound - row * columns..<part.upperBound - row * columns,
        part.lowerBound - range.lowerBound)
    }
  }
}
