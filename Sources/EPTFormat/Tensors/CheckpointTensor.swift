import EPTSystem

/// A tensor of a checkpoint as its file has it: of any type of weight, and in any order.
///
/// Its numbers are decoded part by part, when they are needed. binary64 is rounded to binary32, to
/// nearest, ties to even; a number beyond binary32 becomes infinite.
public struct CheckpointTensor: Sendable {
  /// The tensor's name.
  public let name: String
  /// The name of the type in the file.
  public let typeName: String
  /// The type in the file; for numbers in blocks, that of the decoded ones.
  let type: SafetensorsType
  /// Sizes, outermost first.
  public let shape: [Int]
  /// The encoding that holds the numbers as they are, or for binary64 rounded.
  public let encoding: TensorEncoding
  /// Elements from one index to the next of each dimension, nil where they lie row-major.
  private let strides: [Int]?
  /// How the numbers lie where they lie in blocks or in an order of their own.
  private let blocks: TensorBlocks?
  /// The elements, beginning with the first; others of the same storage may lie between them.
  private nonisolated(unsafe) let elements: UnsafeRawBufferPointer
  /// Keeps `elements` where they are.
  private let owner: any AnyObject & Sendable
  /// The tensor where it lies, nil where it has to be decoded.
  private let mapped: StoredTensor?

  /// Describes `elements`, which are there as long as `owner`.
  ///
  /// The reader that makes it has checked that every element lies in them, and that there are no
  /// more than they can hold.
  ///
  /// - Throws: `FormatError.unsupported` for a type that is no weight. `path` is for its message.
  init(
    name: String, type: SafetensorsType, shape: [Int], strides: [Int]? = nil,
    elements: UnsafeRawBufferPointer, owner: any AnyObject & Sendable, path: String
  ) throws {
    let encoding = try type.weightEncoding(of: name, path: path)
    self.name = name
    self.type = type
    typeName = type.rawValue
    blocks = nil
    self.shape = shape
    self.encoding = encoding
    // A stride along a single index is never taken, and may be any number.
    self.strides = strides.map { zip(shape, $0).map { $0 > 1 ? $1 : 0 } }
    self.elements = elements
    self.owner = owner
    mapped =
      type == .f64 || strides != nil
      ? nil
      : StoredTensor(name: name, shape: shape, encoding: encoding, bytes: elements, owner: owner)
  }

  /// Describes `elements` that lie as `blocks` says, and are there as long as `owner`.
  ///
  /// The reader that makes it has checked that they are all there.
  init(
    name: String, shape: [Int], blocks: TensorBlocks, elements: UnsafeRawBufferPointer,
    owner: any AnyObject & Sendable
  ) {
    self.name = name
    self.shape = shape
    self.blocks = blocks
    self.elements = elements
    self.owner = owner
    typeName = blocks.type.name
    type = blocks.type.plain ?? .f32
    encoding = blocks.type.encoding
    (strides, mapped) = (nil, nil)
  }

  /// How many numbers the tensor holds.
  public var count: Int { shape.reduce(1, *) }

  /// Bytes of its numbers in the checkpoint.
  public var byteCount: Int { blocks == nil ? count * elementSize : elements.count }

  private var elementSize: Int { type.bits / 8 }

  /// The whole tensor: where it lies, or decoded into memory.
  func stored() -> StoredTensor {
    if let mapped { return mapped }
    let memory = OwnedBytes(encodedBytes(of: 0..<count))
    return StoredTensor(
      name: name, shape: shape, encoding: encoding, bytes: memory.bytes, owner: memory)
  }

  /// Calls `body` with the numbers at `range` of the row-major order as binary32.
  ///
  /// `range` must lie within `0..<count`.
  ///
  /// - Throws: What `body` throws.
  package func withFloats<Result>(
    in range: Range<Int>, _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) throws -> Result {
    if let mapped { return try mapped.withFloats(in: range, body) }
    if let blocks {
      return try blocks.floats(range, of: elements).withUnsafeBufferPointer(body)
    }
    let elements = copiedElements(range)
    let values = [Float](unsafeUninitializedCapacity: range.count) { output, initialized in
      elements.withUnsafeBytes { type.decode($0, into: output) }
      initialized = range.count
    }
    return try values.withUnsafeBufferPointer(body)
  }

  /// The numbers at `range` of the row-major order in `encoding`.
  package func encodedBytes(of range: Range<Int>) -> [UInt8] {
    if let blocks {
      return blocks.type.plain == nil
        ? blocks.floats(range, of: elements).withUnsafeBytes { Array($0) }
        : blocks.bytes(range, of: elements)
    }
    let elements = copiedElements(range)
    guard type == .f64 else { return elements }
    let values = [Float](unsafeUninitializedCapacity: range.count) { output, initialized in
      elements.withUnsafeBytes { type.decode($0, into: output) }
      initialized = range.count
    }
    return values.withUnsafeBytes { Array($0) }
  }

  /// Gives the pages of the numbers at `range` back to the system where `file` is what holds them.
  ///
  /// For one who reads a file once from end to end.
  package func releasePages(of range: Range<Int>, in file: MappedFile) {
    guard strides == nil, blocks == nil else {
      // The numbers lie anywhere; the last part of the tensor gives all of them back.
      if range.upperBound == count { file.releasePages(elements) }
      return
    }
    let bytes = elementSize * range.lowerBound..<elementSize * range.upperBound
    file.releasePages(UnsafeRawBufferPointer(rebasing: elements[bytes]))
  }

  /// Whether `other` has the same numbers, bit for bit, in the same shape and type.
  ///
  /// `release` is told of each range of numbers when it is done with.
  package func isIdentical(
    to other: CheckpointTensor, release: (Range<Int>) -> Void = { _ in }
  ) -> Bool {
    guard type == other.type, shape == other.shape, blocks == other.blocks else { return false }
    if blocks != nil { return elements.elementsEqual(other.elements) }
    if elements.baseAddress == other.elements.baseAddress, strides == other.strides { return true }
    let part = 1 << 17
    return stride(from: 0, to: count, by: part).allSatisfy { start in
      let range = start..<min(count, start + part)
      defer { release(range) }
      return copiedElements(range) == other.copiedElements(range)
    }
  }

  /// Copies the elements at `range` of the row-major order as they are stored.
  private func copiedElements(_ range: Range<Int>) -> [UInt8] {
    let size = elementSize
    guard let strides else {
      return Array(elements[size * range.lowerBound..<size * range.upperBound])
    }
    return [UInt8](unsafeUninitializedCapacity: size * range.count) { output, initialized in
      initialized = size * range.count
      guard let target = output.baseAddress, let source = elements.baseAddress, !range.isEmpty
      else { return }
      var index = position(range.lowerBound)
      var offset = zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }
      for place in 0..<range.count {
        UnsafeMutableRawPointer(target + size * place).copyMemory(
          from: source + size * offset, byteCount: size)
        // On to the next index, as an odometer counts.
        for dimension in shape.indices.reversed() {
          index[dimension] += 1
          offset += strides[dimension]
          guard index[dimension] == shape[dimension] else { break }
          offset -= strides[dimension] * shape[dimension]
          index[dimension] = 0
        }
      }
    }
  }

  /// Number `place` of the row-major order as an index of each dimension.
  package func position(_ place: Int) -> [Int] {
    var rest = place
    var position: [Int] = []
    for size in shape.reversed() {
      position.append(rest % size)
      rest /= size
    }
    return position.reversed()
  }
}

/// Bytes in memory, for as long as this object lives.
private final class OwnedBytes: Sendable {
  nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  init(_ contents: [UInt8]) {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: contents.count, alignment: ContainerLayout.alignment)
    memory.copyBytes(from: contents)
    bytes = UnsafeRawBufferPointer(memory)
  }

  deinit {
    bytes.deallocate()
  }
}
