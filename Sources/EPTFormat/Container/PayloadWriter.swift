import EPTSystem
import Synchronization

/// Makes the payloads of a container's tensors part by part, and writes them one after another.
///
/// Any thread may make a part; one at a time may append.
final class PayloadWriter: @unchecked Sendable {
  /// A part of a tensor.
  struct Part {
    let tensor: Int
    let index: Int
  }

  /// All parts of all tensors, in file order.
  let parts: [Part]
  /// What is known of each tensor.
  private(set) var records: [TensorRecord]
  /// Where the last payload so far ends.
  private(set) var end: Int

  private let tensors: [ContainerWriter.Tensor]
  private let file: AtomicFile?
  private let path: String
  private let compressors = Mutex<[PlaneCompressor]>([])

  // The payload that is being written.
  private let checksum = XXH3Stream()
  private var digest = SHA256()
  private var tails: [UInt8] = []
  private var position = 0

  /// Prepares to write `tensors` behind the byte `end`, or to find out how long they are where
  /// `file` is nil.
  init(
    _ tensors: [ContainerWriter.Tensor], records: [TensorRecord], after end: Int,
    file: AtomicFile?, path: String
  ) {
    self.tensors = tensors
    self.records = records
    self.end = end
    self.file = file
    self.path = path
    parts = tensors.enumerated().flatMap { tensor in
      (0..<tensor.element.contents.partCount).map { Part(tensor: tensor.offset, index: $0) }
    }
  }

  /// Makes part `number` as it is to be stored.
  ///
  /// - Throws: What the tensor's contents throw.
  func make(_ number: Int) throws -> PayloadPart {
    let tensor = tensors[parts[number].tensor]
    let part = try tensor.contents.part(parts[number].index)
    guard tensor.codec == .planes, let layout = PlaneLayout(tensor.encoding, count: 0) else {
      return part
    }
    let compressor = compressors.withLock { $0.popLast() } ?? PlaneCompressor()
    defer { compressors.withLock { $0.append(compressor) } }
    return compressor.frame(of: part.bytes, width: layout.width)
  }

  /// Appends parts `first` and on.
  ///
  /// - Throws: `SystemError.system`, `.corrupt` for contents that contradict their description.
  func append(_ made: [PayloadPart], from first: Int) throws {
    for (offset, part) in made.enumerated() {
      let place = parts[first + offset]
      if place.index == 0 { try begin(place.tensor) }
      try append(part.bytes, to: place.tensor)
      tails += part.tail
      if place.index + 1 == tensors[place.tensor].contents.partCount { try finish(place.tensor) }
    }
  }

  private func begin(_ index: Int) throws {
    guard let start = ContainerLayout.align(end) else { throw fault(index) }
    (position, tails) = (start, [])
    records[index].range = start..<start
    checksum.reset()
    digest = SHA256()
  }

  private func append(_ bytes: [UInt8], to index: Int) throws {
    // Planes may turn out to be more than the numbers themselves, which are then written over them.
    let limit = records[index].range.lowerBound + records[index].logicalSize
    defer { position += bytes.count }
    guard let file, bytes.count <= limit - position else { return }
    try bytes.withUnsafeBytes { bytes in
      checksum.update(bytes)
      digest.update(bytes)
      try file.write(bytes, at: position)
    }
  }

  private func finish(_ index: Int) throws {
    try append(tails, to: index)
    let start = records[index].range.lowerBound
    var codec = tensors[index].codec
    let worthwhile = PlaneCompressor.worthwhile * Double(records[index].logicalSize)
    if codec == .planes, Double(position - start) > worthwhile {
      codec = .raw
      try begin(index)
      for part in 0..<tensors[index].contents.partCount {
        try append(tensors[index].contents.part(part).bytes, to: index)
      }
    }
    guard codec != .raw || position - start == records[index].logicalSize else {
      throw fault(index)
    }
    records[index].codec = codec
    records[index].range = start..<position
    records[index].checksum = checksum.checksum
    records[index].digest = digest.finish()
    end = position
  }

  private func fault(_ index: Int) -> FormatError {
    .corrupt(
      path: path, location: "tensor `\(tensors[index].name)`",
      reason:
        "its contents are not the \(records[index].logicalSize) bytes that its shape asks for")
  }
}
