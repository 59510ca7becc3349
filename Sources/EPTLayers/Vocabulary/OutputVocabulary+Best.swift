import EPTCompute
import Glibc

/// A token that a hypothesis may go on with.
package struct TokenCandidate: Sendable {
  package let token: Int32
  package let logProbability: Float
}

extension OutputVocabulary {
  /// The `count` most probable tokens for each row of `states`, `[rows, d]`, the best first.
  package func best(
    _ count: Int, of states: MatrixView, _ workspace: Workspace
  ) -> [[TokenCandidate]] {
    let count = min(count, weight.rows)
    var results: [[TokenCandidate]] = []
    for first in stride(from: 0, to: states.rows, by: Self.rowBlock) {
      let rows = first..<min(states.rows, first + Self.rowBlock)
      workspace.arena.temporary {
        results += best(count, ofBlock: states.rows(rows), workspace)
      }
    }
    return results
  }

  private func best(
    _ count: Int, ofBlock states: MatrixView, _ workspace: Workspace
  ) -> [[TokenCandidate]] {
    let arena = workspace.arena
    let rows = states.rows
    let chunks = (weight.rows + Self.chunk - 1) / Self.chunk
    let sums = arena.matrix(chunks, rows)
    // Of each chunk and row the best logits, and their tokens as numbers: both in falling order.
    let logitsOfBest = arena.matrix(chunks * rows, count)
    let tokensOfBest = arena.matrix(chunks * rows, count)
    let input = layer?.input(states, in: arena)
    workspace.forEach(chunks) { chunk, scratch in
      let tokens = chunk * Self.chunk..<min(weight.rows, (chunk + 1) * Self.chunk)
      let logits = logits(states, input, tokens, in: scratch, workspace)
      for row in 0..<rows {
        let (values, ids) = (
          logitsOfBest.row(chunk * rows + row), tokensOfBest.row(chunk * rows + row)
        )
        Self.select(count, logits.row(row), tokens, into: values, ids)
        sums.row(chunk)[row] = kernels.exp_sum(logits.row(row), values[0], Int64(tokens.count))
      }
    }
    return (0..<rows).map { row in
      let places = (0..<chunks).map { $0 * rows + row }
      let most = places.map { logitsOfBest.row($0)[0] }.max() ?? 0
      let total = places.indices.reduce(Float(0)) { sum, chunk in
        sum + sums.row(chunk)[row] * exp(logitsOfBest.row(places[chunk])[0] - most)
      }
      let logSumExp = most + log(total)
      let all = places.flatMap { place in
        (0..<count).map { (logitsOfBest.row(place)[$0], tokensOfBest.row(place)[$0]) }
      }
      return all.sorted { ($1.0, $0.1) < ($0.0, $1.1) }.prefix(count).map {
        TokenCandidate(token: Int32($0.1), logProbability: $0.0 - logSumExp)
      }
    }
  }

  /// The greatest `count` of a chunk's logits, filled up with `-infinity` where it has fewer.
  private static func select(
    _ count: Int, _ logits: UnsafeMutablePointer<Float>, _ tokens: Range<Int>,
    into values: UnsafeMutablePointer<Float>, _ ids: UnsafeMutablePointer<Float>
  ) {
    values.update(repeating: -.infinity, count: count)
    ids.update(repeating: Float(tokens.lowerBound), count: count)
    for index in 0..<tokens.count where logits[index] > values[count - 1] {
      var place = count - 1
      while place > 0, logits[index] > values[place - 1] {
        values[place] = values[place - 1]
        ids[place] = ids[place - 1]
        place -= 1
      }
      values[place] = logits[index]
      ids[place] = Float(tokens.lowerBound + index)
    }
  }
}
