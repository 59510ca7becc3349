/// How the bytes of a tensor lie in a payload of codec `planes`, docs/reference/format.md.
///
/// Numbers are taken a frame at a time; a frame holds the byte planes of its numbers one after
/// another, each as it stands or compressed. A table of all planes' sizes ends the payload.
struct PlaneLayout {
  /// Numbers of every frame but the last, and so the bytes of one of their planes.
  ///
  /// As many as zstd has in a block, so that a plane is one.
  static let numbersPerFrame = 1 << 17
  /// Bytes of a plane's size in the table.
  private static let entrySize = 4

  /// Numbers of the tensor.
  let count: Int
  /// Bytes of a number, and so planes of a frame.
  let width: Int
  let frames: Int
  /// Bytes of the table.
  let tableSize: Int

  /// The layout for `count` numbers; nil where `encoding` has no planes.
  init?(_ encoding: TensorEncoding, count: Int) {
    switch encoding {
    case .f32: width = 4
    case .f16, .bf16: width = 2
    case .q8, .q4: return nil
    }
    self.count = count
    let (whole, rest) = count.quotientAndRemainder(dividingBy: Self.numbersPerFrame)
    frames = whole + (rest > 0 ? 1 : 0)
    // No overflow: a frame of numbers has more bytes, of which there are less than 2^63.
    tableSize = frames * width * Self.entrySize
  }

  /// The fewest bytes that a payload can have.
  ///
  /// One plane of each frame stands as it is. So no payload is decoded to more than four times its
  /// own size, whatever its header says.
  var leastStoredSize: Int { count + tableSize }

  /// How many numbers frame `index` holds.
  func numbers(inFrame index: Int) -> Int {
    min(Self.numbersPerFrame, count - index * Self.numbersPerFrame)
  }

  /// Where each frame of `payload` begins, and where the last ends.
  ///
  /// - Returns: nil where the table contradicts itself or the payload's size.
  func frameOffsets(in payload: UnsafeRawBufferPointer) -> [Int]? {
    guard payload.count >= leastStoredSize else { return nil }
    var offsets = [0]
    offsets.reserveCapacity(frames + 1)
    for frame in 0..<frames {
      let numbers = numbers(inFrame: frame)
      var (size, rawPlanes) = (0, 0)
      for plane in planeSizes(frame: frame, in: payload) {
        guard plane > 0, plane <= numbers else { return nil }
        size += plane
        rawPlanes += plane == numbers ? 1 : 0
      }
      guard rawPlanes > 0 else { return nil }
      offsets.append(offsets[frame] + size)
    }
    return offsets[frames] == payload.count - tableSize ? offsets : nil
  }

  /// The stored bytes of each plane of `frame`; one that is as large as there are numbers stands as
  /// it is.
  func planeSizes(frame: Int, in payload: UnsafeRawBufferPointer) -> [Int] {
    let table = payload.count - tableSize
    return (0..<width).map { plane in
      let place = table + (frame * width + plane) * Self.entrySize
      return Int(
        UInt32(littleEndian: payload.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
    }
  }
}
