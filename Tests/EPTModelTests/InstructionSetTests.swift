import Testing

@Suite("Which instruction sets the tests of kernels see")
struct InstructionSetTests {
  @Test("The sets are printed; scalar and AVX2, or NEON, are always among them")
  func sets() {
    let tested = InstructionSet.allCases.filter { $0.loops != nil }
    let int8 = InstructionSet.allCases.filter { $0.int8Kernels != nil }
    let attention = InstructionSet.allCases.filter { $0.bfloat16Attention != nil }
    for (name, sets) in [("f32", tested), ("int8", int8), ("bfloat16 attention", attention)] {
      let names = sets.isEmpty ? "none" : sets.map(\.rawValue).joined(separator: ", ")
      print("instruction sets tested, \(name): \(names)")
    }
    #expect(tested.contains(.scalar) && int8.contains(.scalar))
    #if arch(x86_64)
      #expect(tested.contains(.avx2) && int8.contains(.avx2))
    #elseif arch(arm64)
      #expect(tested.contains(.neon) && int8.contains(.neon))
    #endif
  }
}
