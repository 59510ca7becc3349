import EPTFormat
import EPTTestSupport
import Foundation
import Testing

/// The golden container, damaged or lying.
///
/// fixtures/format/golden.txt shows which byte is what.
@Suite struct ContainerAttackTests {
  /// Expects that `bytes` are refused for `fault`, in a message of one line that holds `text`.
  private func expectRefusal(
    _ bytes: [UInt8], _ fault: FormatFault, saying text: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(bytes, to: "model.ept", in: folder)
      let error = #expect(throws: FormatError.self, sourceLocation: sourceLocation) {
        try ContainerFile(path: path, kind: .backbone).verify()
      }
      guard let error else { return }
      #expect(FormatFault(error) == fault, "\(error)", sourceLocation: sourceLocation)
      #expect(error.description.contains(text), "\(error)", sourceLocation: sourceLocation)
      #expect(error.description.contains(path), sourceLocation: sourceLocation)
      #expect(!error.description.contains("\n"), sourceLocation: sourceLocation)
    }
  }

  /// The golden file with `patch` over the bytes from `offset` on.
  private func golden(_ offset: Int, _ patch: [UInt8]) throws -> [UInt8] {
    var bytes = try TestPaths.read(GoldenContainer.path)
    bytes.replaceSubrange(offset..<offset + patch.count, with: patch)
    return bytes
  }

  /// `bytes` with the header's checksum made to fit again, as a liar would.
  private func sealed(_ bytes: [UInt8], headerLength: Int = 623) -> [UInt8] {
    var bytes = bytes
    bytes.replaceSubrange(64..<96, with: [UInt8](repeating: 0, count: 32))
    bytes.replaceSubrange(
      64..<96, with: SHA256.digest(of: Array(bytes[..<(128 + headerLength)])).bytes)
    return bytes
  }

  private func little(_ value: UInt64) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian, Array.init)
  }

  @Test func noticesEveryFlippedBit() throws {
    let whole = try TestPaths.read(GoldenContainer.path)
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(whole, to: "model.ept", in: folder)
      let file = try #require(FileHandle(forUpdatingAtPath: path))
      func put(_ byte: UInt8, at index: Int) throws {
        try file.seek(toOffset: UInt64(index))
        try file.write(contentsOf: [byte])
      }
      for index in whole.indices {
        for bit in 0..<8 {
          try put(whole[index] ^ 1 << bit, at: index)
          #expect(throws: FormatError.self, "byte \(index), bit \(bit)") {
            let file = try ContainerFile(path: path, kind: .backbone)
            for name in file.tensorNames { _ = try file.tensor(name) }
          }
        }
        try put(whole[index], at: index)
      }
      // Every refusal was the flipped bit's doing.
      _ = try ContainerFile(path: path, kind: .backbone)
    }
  }

  @Test func checksATensorWhenItIsFirstUsed() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(golden(961, [0xFF]), to: "model.ept", in: folder)
      let file = try ContainerFile(path: path, kind: .backbone)
      #expect(try file.floats("half", shape: [2]) == [1.5, -2])
      for use in [
        { _ = try file.tensor("rows") }, { try file.prepare(["half", "rows"], threads: 2) },
        { try file.verify() },
      ] {
        let error = #expect(throws: FormatError.self) { try use() }
        #expect(error?.description.contains("tensor `rows`") == true)
      }
      // A section is small, and nothing works without it: it is always checked.
      let other = try TestPaths.write(golden(834, [0]), to: "other.ept", in: folder)
      let sectionError = #expect(throws: FormatError.self) {
        try ContainerFile(path: other, kind: .backbone)
      }
      #expect(sectionError?.description.contains("section `notes`") == true)
    }
  }

  @Test func aTensorsPaddingIsCheckedWithIt() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(golden(905, [0xFF]), to: "model.ept", in: folder)
      let file = try ContainerFile(path: path, kind: .backbone)
      _ = try file.tensor("half")
      let error = #expect(throws: FormatError.self) { try file.tensor("rows") }
      #expect(error?.description.contains("byte 905: padding") == true)
    }
  }

  /// SHA-256 is what a forger cannot fit to changed bytes, so that it must be checked as well.
  @Test func verifyChecksBothChecksums() throws {
    // `scalar` becomes another number, with the XXH3 that its new bytes have.
    var bytes = try golden(1_088, [0x51])
    bytes.replaceSubrange(600..<608, with: little(XXH3.checksum(of: Array(bytes[1_088..<1_092]))))
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(sealed(bytes), to: "model.ept", in: folder)
      let file = try ContainerFile(path: path, kind: .backbone)
      _ = try file.tensor("scalar")
      let error = #expect(throws: FormatError.self) { try file.verify() }
      #expect(error?.description.contains("tensor `scalar`") == true)
    }
  }

  @Test func tellsTruncationFromOtherDamage() throws {
    let whole = try TestPaths.read(GoldenContainer.path)
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(whole, to: "model.ept", in: folder)
      let file = try #require(FileHandle(forUpdatingAtPath: path))
      for length in (0..<whole.count).reversed() {
        try file.truncate(atOffset: UInt64(length))
        let expected = length < 128 ? 128 : whole.count
        #expect(throws: FormatError.truncated(path: path, have: length, expected: expected)) {
          try ContainerFile(path: path, kind: .backbone)
        }
      }
    }
    try expectRefusal(whole + [0], .corrupt, saying: "1 bytes follow the end")
  }

  @Test func namesTheDamagedPart() throws {
    try expectRefusal(golden(208, [0xFF]), .corrupt, saying: "its header")
    try expectRefusal(golden(768, [0xFF]), .corrupt, saying: "section `config`")
    try expectRefusal(golden(1_152, [0xFF]), .corrupt, saying: "tensor `truncated`")
    try expectRefusal(golden(756, [0xFF]), .corrupt, saying: "byte 756: padding")
    try expectRefusal(golden(904, [0xFF]), .corrupt, saying: "byte 904: padding")
  }

  @Test func refusesOtherFiles() throws {
    let bundle: [UInt8] = try golden(3, [0x42])
    try expectRefusal(bundle, .foreign, saying: "an .eptb bundle, not a .ept backbone")
    try expectRefusal(golden(0, [0]), .foreign, saying: "unknown kind")
    // Line ends converted on the way, and the eighth bit cut off.
    try expectRefusal(golden(4, [0x0A, 0x1A, 0x0A]), .foreign, saying: "copied as text")
    try expectRefusal(golden(0, [0x09]), .foreign, saying: "copied as text")
    try expectRefusal(
      Array("version https://git-lfs.github.com/spec/v1\n".utf8), .foreign, saying: "git lfs pull")
    try expectRefusal(Array("<!DOCTYPE html>".utf8), .foreign, saying: "web page")
    try expectRefusal(
      SafetensorsBytes.file([.init("w", shape: [1], floats: [1])]), .foreign,
      saying: "convert it first")
  }

  @Test func refusesWhatItCannotKnow() throws {
    try expectRefusal(sealed(golden(8, [2])), .unsupported, saying: "format version 2")
    try expectRefusal(sealed(golden(12, [1, 2, 3, 4])), .unsupported, saying: "big-endian")
    try expectRefusal(sealed(golden(12, [0])), .corrupt, saying: "byte-order mark")
    try expectRefusal(sealed(golden(32, [4])), .unsupported, saying: "feature set 0x4")
    try expectRefusal(
      sealed(golden(464, [99])), .unsupported, saying: "encoding 99 of tensor `rows`")
    try expectRefusal(sealed(golden(466, [2])), .unsupported, saying: "codec 2 of tensor `rows`")
  }

  @Test func refusesPlanesOfAQuantisedMatrix() throws {
    try expectRefusal(
      sealed(golden(466, [1])), .corrupt, saying: "q8 of shape [2, 3], cannot be compressed to 128")
  }

  @Test func ignoresOptionalFeatures() throws {
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(sealed(golden(36, [0xFF])), to: "model.ept", in: folder)
      #expect(try ContainerFile(path: path, kind: .backbone).tensorNames.count == 5)
    }
  }

  @Test func refusesLyingLengths() throws {
    try expectRefusal(golden(24, little(1_092)), .corrupt, saying: "does not fit")
    try expectRefusal(golden(24, little(.max)), .corrupt, saying: "does not fit")
    try expectRefusal(golden(16, little(.max)), .corrupt, saying: "does not fit")
    try expectRefusal(sealed(golden(16, little(2_000))), .truncated, saying: "1156 of 2000 bytes")
    try expectRefusal(
      sealed(golden(16, little(1_000))), .corrupt, saying: "156 bytes follow the end")
    try expectRefusal(
      sealed(golden(24, little(622)), headerLength: 622), .corrupt, saying: "within a name")
    try expectRefusal(
      sealed(golden(24, little(624)), headerLength: 624), .corrupt,
      saying: "1 bytes follow the last record")
  }

  @Test func refusesLyingCounts() throws {
    for offset in [128, 132] {
      try expectRefusal(
        sealed(golden(offset, [0xFF, 0xFF, 0xFF, 0xFF])), .corrupt, saying: "do not fit in it")
    }
    try expectRefusal(sealed(golden(128, [1])), .corrupt, saying: "above 2^63")
    try expectRefusal(sealed(golden(128, [3])), .corrupt, saying: "does not follow")
    try expectRefusal(sealed(golden(132, [4])), .corrupt, saying: "bytes follow the last record")
    try expectRefusal(sealed(golden(132, [6])), .corrupt, saying: "ends within a record")
    // No tensors at all, though their records are there.
    try expectRefusal(sealed(golden(132, [0])), .corrupt, saying: "bytes follow the last record")
  }

  @Test func refusesLyingNames() throws {
    try expectRefusal(sealed(golden(136, [0])), .corrupt, saying: "empty name")
    try expectRefusal(
      sealed(golden(136, [0xFF, 0xFF, 0xFF, 0x7F])), .corrupt, saying: "within a name")
    try expectRefusal(sealed(golden(196, [0xFF])), .corrupt, saying: "not UTF-8")
    // `config` becomes `zonfig`, which should stand after `notes`.
    try expectRefusal(sealed(golden(196, [0x7A])), .corrupt, saying: "not in order")
    // `scalar` becomes `rows` with a longer dims list: the same name twice.
    try expectRefusal(sealed(golden(556, Array("hale".utf8))), .corrupt, saying: "not in order")
  }

  @Test func refusesLyingPlaces() throws {
    // Tensor `rows`: offset, stored size and logical size.
    for offset: UInt64 in [896, 959, 961, 1_024, 1 << 62] {
      try expectRefusal(
        sealed(golden(476, little(offset))), .corrupt, saying: "byte \(offset) does not follow")
    }
    for size: UInt64 in [127, 129, 0, 1 << 62] {
      try expectRefusal(sealed(golden(484, little(size))), .corrupt, saying: "not \(size) stored")
      try expectRefusal(sealed(golden(492, little(size))), .corrupt, saying: "\(size) logical")
    }
    for offset in [476, 484, 492] {
      try expectRefusal(sealed(golden(offset, little(.max))), .corrupt, saying: "above 2^63")
    }
    // A section that runs over the next one, and one that passes 2^63.
    try expectRefusal(sealed(golden(148, little(65))), .corrupt, saying: "does not follow")
    try expectRefusal(sealed(golden(148, little(1 << 62))), .corrupt, saying: "does not follow")
    try expectRefusal(
      sealed(golden(148, little(UInt64(Int.max)))), .corrupt, saying: "bytes at byte")
  }

  @Test func refusesLyingShapes() throws {
    try expectRefusal(sealed(golden(468, [9])), .corrupt, saying: "rank 9")
    try expectRefusal(sealed(golden(468, [1])), .corrupt, saying: "not in order")
    try expectRefusal(sealed(golden(472, [1])), .corrupt, saying: "reserved")
    try expectRefusal(sealed(golden(540, little(17))), .corrupt, saying: "takes 256 bytes")
    try expectRefusal(sealed(golden(540, little(1 << 62))), .corrupt, saying: "no size below 2^63")
    try expectRefusal(sealed(golden(540, little(.max))), .corrupt, saying: "above 2^63")
    try expectRefusal(sealed(golden(726, little(1 << 62))), .corrupt, saying: "no size below 2^63")
  }
}
