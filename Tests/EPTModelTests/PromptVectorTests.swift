import EPTFormat
import EPTSystem
import EPTTestSupport
import Foundation
import Testing

@testable import EPTCompute
@testable import EPTLayers
@testable import EPTModel

/// The prompt alone, against PyTorch in float64.
@Suite struct PromptVectorTests {
  /// One case of a file of vectors.
  private struct Case {
    let golden: GoldenTensors
    let name: String
    let shape: PromptShape
    let inputRows: Int
    let alpha: Float
    let usesFusion: Bool
    let fusionScale: Float

    init(_ golden: GoldenTensors, _ name: String) throws {
      self.golden = golden
      self.name = name
      let sizes = try JSON(parsing: try #require(golden.metadata[ByteName(name)]))
      func size(_ key: String) throws -> Int { try #require(sizes[key]?.integer) }
      shape = PromptShape(
        promptLength: try size("s"), inputLength: try size("n"), hiddenSize: try size("d"),
        rank: try size("r"), subspaces: try size("K"), subspaceWidth: try size("k"))
      inputRows = try size("m")
      alpha = Float(try #require(sizes["alpha"]?.number))
      usesFusion = try #require(sizes["fusion"]?.bool as Bool?)
      fusionScale = Float(sizes["fusion_scale"]?.number ?? 1)
    }

    func has(_ tensor: String) -> Bool { golden.names.contains("\(name).\(tensor)") }

    func values(_ tensor: String) throws -> [Double] { try golden.doubles("\(name).\(tensor)") }

    /// The parts under the names that `names` gives them; empty ones are left out of files.
    func prompt(_ names: (PromptPart) -> String) throws -> EPTPrompt {
      var prompt = EPTPrompt(
        shape: shape, alpha: alpha, usesFusion: usesFusion, fusionScale: fusionScale)
      for part in PromptPart.ofPrompt where has(names(part)) {
        prompt[part].values = try values(names(part)).map { Float($0) }
      }
      return prompt
    }

    func matrix(_ tensor: String, rows: Int) throws -> Matrix {
      Matrix(rows: rows, columns: shape.hiddenSize, values: try values(tensor).map { Float($0) })
    }
  }

  private static let reference: [PromptPart: String] = [
    .shortPrompt: "P", .lowRankA: "A", .lowRankB: "B", .subspaceDown: "U", .subspaceUp: "V",
    .gate: "Wg",
  ]

  @Test(arguments: [
    "whole", "no_fusion", "fusion_only", "depth_one", "low_rank_alone", "subspaces_alone",
    "prompt_alone", "more_rows_than_inputs", "scaled_fusion",
  ])
  func ownVectors(_ name: String) throws {
    let golden = try GoldenTensors(path: TestPaths.fixture("model/prompt.safetensors"))
    let item = try Case(golden, name)
    let prompt = try item.prompt { $0.rawValue }
    let arena = Arena()
    let pass = PromptPass(prompt, in: arena)
    #expect(relativeError(pass.result.matrix().values, try item.values("prompt")) < 1e-6)
    #expect(relativeError(prompt.folded().prompt.values, try item.values("prompt")) < 1e-6)
    let hasPair = item.shape.rank > 0
    if hasPair {
      let added = pass.lowRankRows(item.shape.inputLength, in: arena).matrix()
      #expect(relativeError(added.values, try item.values("added")) < 1e-6)
    }
    let rows = hasPair ? item.inputRows : 0
    let inputGradient =
      hasPair ? try item.matrix("we", rows: rows) : Matrix(rows: 0, columns: item.shape.hiddenSize)
    let gradient = pass.gradient(
      prompt: arena.copy(try item.matrix("wp", rows: item.shape.promptLength)),
      input: arena.copy(inputGradient), of: prompt, in: arena)
    for part in PromptPart.ofPrompt where !prompt[part].values.isEmpty {
      let expected = try item.values("gradient.\(part.rawValue)")
      #expect(relativeError(gradient[part].values, expected) < 5e-6, "\(name), \(part)")
    }
  }

  @Test(
    .enabled(if: TestPaths.hasShared, "needs ../shared"),
    arguments: ["tiny", "no_fusion", "dept", "subspaces_only", "wide"])
  func referenceVectors(_ name: String) throws {
    let golden = try GoldenTensors(path: TestPaths.shared("reference/vectors/prompt.safetensors"))
    let item = try Case(golden, name)
    let prompt = try item.prompt { Self.reference[$0] ?? "" }
    let arena = Arena()
    let pass = PromptPass(prompt, in: arena)
    #expect(relativeError(pass.result.matrix().values, try item.values("P_hat")) < 1e-6)
    let embeddings = try item.values("E")
    let rows = item.inputRows
    var joined = embeddings.map { Float($0) }
    var inputGradient = Matrix(rows: 0, columns: item.shape.hiddenSize)
    if item.shape.rank > 0 {
      let added = pass.lowRankRows(rows, in: arena).matrix()
      joined = zip(joined, added.values).map { $0 + $1 }
      inputGradient = try item.matrix("gE", rows: rows)
    }
    #expect(relativeError(joined, try item.values("E_prime")) < 1e-6)
    // E' = E + cAB, so the gradient with respect to E is gE itself.
    #expect(try item.values("grad.E") == item.values("gE"))
    let gradient = pass.gradient(
      prompt: arena.copy(try item.matrix("gP", rows: item.shape.promptLength)),
      input: arena.copy(inputGradient), of: prompt, in: arena)
    for part in PromptPart.ofPrompt where !prompt[part].values.isEmpty {
      let expected = try item.values("grad.\(Self.reference[part] ?? "")")
      #expect(relativeError(gradient[part].values, expected) < 5e-6, "\(name), \(part)")
    }
  }
}
