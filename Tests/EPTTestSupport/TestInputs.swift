/// The compressed inputs that `fixtures/infer/make_inputs` made.
public enum TestInputs {
  public static func bytes(_ name: String) throws -> [UInt8] {
    try TestPaths.read(TestPaths.fixture("infer/\(name)"))
  }

  /// The lines in them.
  public static let lines = (1...20_000).map { "line \($0)" }
}
