import EPTFormat
import EPTTestSupport
import Testing

/// A container with compressed planes whose payload lies, under checksums that fit.
@Suite struct PlaneAttackTests {
  /// Tensor `a` of fixtures/format/planes.ept: 300 numbers of binary32, plane 2 as it is, and where
  /// its record has things.
  private static let name = "a"
  private static let count = 300

  /// Expects that the file is refused for `text` when `change` has been at tensor `a`'s payload.
  private func expectRefusal(
    saying text: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout ContainerForgery) throws -> Void
  ) throws {
    var forgery = try ContainerForgery(TestPaths.fixture("format/planes.ept"), kind: .backbone)
    try change(&forgery)
    try TestPaths.withTemporaryFolder { folder in
      let path = try TestPaths.write(forgery.sealed(), to: "a.ept", in: folder)
      let error = #expect(throws: FormatError.self, sourceLocation: sourceLocation) {
        try ContainerFile(path: path, kind: .backbone).tensor(Self.name)
      }
      #expect(
        error?.description.contains(text) == true, "\(String(describing: error))",
        sourceLocation: sourceLocation)
    }
  }

  /// Overwrites entry `plane` of the table.
  private func setSize(_ size: Int, ofPlane plane: Int, in forgery: inout ContainerForgery) {
    let range = forgery.payload(of: Self.name)
    forgery.write(UInt32(size), at: range.upperBound - 16 + 4 * plane)
  }

  private func size(ofPlane plane: Int, in forgery: ContainerForgery) -> Int {
    let range = forgery.payload(of: Self.name)
    return Int(forgery.read(UInt32.self, at: range.upperBound - 16 + 4 * plane))
  }

  @Test func aForgeryOfNothingIsFine() throws {
    let forgery = try ContainerForgery(TestPaths.fixture("format/planes.ept"), kind: .backbone)
    #expect(forgery.sealed() == (try TestPaths.read(TestPaths.fixture("format/planes.ept"))))
  }

  @Test func refusesSizesThatDoNotAddUp() throws {
    for plane in 0..<4 {
      for lie in [0, 1, Self.count, Self.count + 1, Int(UInt32.max)] {
        try expectRefusal(saying: "tensor `a`: it cannot be decompressed") { forgery in
          guard lie != size(ofPlane: plane, in: forgery) else {
            return setSize(2, ofPlane: plane, in: &forgery)
          }
          setSize(lie, ofPlane: plane, in: &forgery)
        }
      }
    }
    // Two lies that add up.
    try expectRefusal(saying: "cannot be decompressed") { forgery in
      let first = size(ofPlane: 0, in: forgery)
      setSize(first - 1, ofPlane: 0, in: &forgery)
      setSize(size(ofPlane: 1, in: forgery) + 1, ofPlane: 1, in: &forgery)
    }
    // No plane as it is.
    try expectRefusal(saying: "cannot be decompressed") { forgery in
      setSize(Self.count - 1, ofPlane: 2, in: &forgery)
      setSize(size(ofPlane: 3, in: forgery) + 1, ofPlane: 3, in: &forgery)
    }
  }

  @Test func refusesFramesThatAreNone() throws {
    try expectRefusal(saying: "cannot be decompressed") { forgery in
      forgery.bytes[forgery.payload(of: Self.name).lowerBound] ^= 1
    }
    for byte in 0..<20 {
      var forgery = try ContainerForgery(TestPaths.fixture("format/planes.ept"), kind: .backbone)
      let start = forgery.payload(of: Self.name).lowerBound
      forgery.bytes[start + byte] = 0xFF
      try TestPaths.withTemporaryFolder { folder in
        let path = try TestPaths.write(forgery.sealed(), to: "a.ept", in: folder)
        // Refused or decoded to other numbers, but no more.
        _ = try? ContainerFile(path: path, kind: .backbone).tensor(Self.name)
      }
    }
  }

  @Test func refusesMoreNumbersThanBytesCanHold() throws {
    for shape: UInt64 in [1_300, 1 << 40, 1 << 60] {
      try expectRefusal(saying: "cannot be compressed to") { forgery in
        forgery.setRecord(of: Self.name, dimension: 0, to: shape / 100)
      }
    }
  }

  @Test func refusesPlanesOfWhatHasNone() throws {
    // As q8 the payload would have another size, compressed or not.
    try expectRefusal(saying: "takes 1664 bytes") { forgery in
      forgery.setRecord(of: Self.name, encoding: 3)
    }
  }
}
