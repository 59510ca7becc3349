import EPTCompute
import EPTLayers

/// What turns tokens into the rows that the first block reads.
struct InputEmbeddings: Sendable {
  /// Word embeddings. `[vocabulary, d]`
  let words: Embedding
  /// Learned positions, `[positions, d]`; nil where attention knows of positions.
  var positions: Embedding?
  /// The row of `positions` that a text's first row gets: RoBERTa and MPNet count from pad + 1.
  var firstPosition = 0
  /// `[types, d]`; nil where token types are not read.
  var tokenTypes: Embedding?
  /// What follows the sum.
  var norm: Norm?
  /// How many rows a text may have with its prompt; nil if there is no limit.
  var longestText: Int?

  /// Adds positions and token types to the rows of words and prompts, `[rows, d]`.
  ///
  /// Positions run over prompt and text; the prompt's rows count as type 0.
  func addPositions(to rows: MatrixView, _ layout: TokenLayout, _ workspace: Workspace) {
    guard positions != nil || tokenTypes != nil else { return }
    let width = Int64(rows.columns)
    workspace.forEach(layout.count) { text, scratch in
      let firstToken = layout.tokens(text).lowerBound
      let embedding = scratch.floats(rows.columns)
      let typeRows = tokenTypes.map { $0.rows(0..<$0.rows, in: scratch) }
      for (position, row) in layout.joined(text).enumerated() {
        if let positions {
          positions.copy(firstPosition + position, to: embedding)
          kernels.add_scaled(rows.row(row), embedding, 1, width)
        }
        if let typeRows {
          let token = layout.tokenStarts[text] + row - firstToken
          let type = row < firstToken ? 0 : Int(layout.tokenTypeIDs[token])
          kernels.add_scaled(rows.row(row), typeRows.row(type), 1, width)
        }
      }
    }
  }
}
