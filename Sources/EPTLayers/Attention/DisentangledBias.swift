import EPTCompute
import Glibc
import Synchronization

/// DeBERTa's disentangled attention (He et al., 2021): what contents and relative positions say of
/// each other is added to a query's and a key's product.
///
/// `score[i, j] += scale · (qᵢ·Kr[δ] + kⱼ·Qr[δ])`, where `δ` is the bucket of the distance
/// `i - j`, and `Kr`, `Qr` are the table of relative positions through the block's own key and
/// query projections.
package final class DisentangledBias: Sendable {
  /// What depends on the block's weights alone: computed at the first use.
  fileprivate struct Projected: Sendable {
    let key: WeightMatrix  // Kr [2 · span, d]
    let query: WeightMatrix  // Qr [2 · span, d]
  }

  /// One row a bucket, from the most negative distance on, normalized. `[2 · span, d]`
  private let table: Embedding
  private let norm: Norm?
  /// The number of a direction's buckets.
  private let span: Int
  /// The distance that the last bucket stands for; buckets grow by a constant factor up to it.
  private let maximumDistance: Int
  /// Whether distances have logarithmic buckets at all.
  private let isLogarithmic: Bool
  private let cache = Mutex<Projected?>(nil)

  package init(
    table: Embedding, norm: Norm?, span: Int, maximumDistance: Int, isLogarithmic: Bool
  ) {
    self.table = table
    self.norm = norm
    self.span = span
    self.maximumDistance = maximumDistance
    self.isLogarithmic = isLogarithmic
  }

  /// Another block's: the same table, projected by that block.
  package func copy() -> DisentangledBias {
    DisentangledBias(
      table: table, norm: norm, span: span, maximumDistance: maximumDistance,
      isLogarithmic: isLogarithmic)
  }

  /// The row of the table for `distance`, the query's position less the key's.
  func row(_ distance: Int) -> Int {
    min(max(bucket(distance) + span, 0), 2 * span - 1)
  }

  /// Half of a direction's buckets hold one distance each, the others grow by a constant factor.
  private func bucket(_ distance: Int) -> Int {
    let middle = span / 2
    guard isLogarithmic, abs(distance) > middle, middle > 0 else { return distance }
    let grown =
      logf(Float(abs(distance)) / Float(middle))
      / Float(log(Double(maximumDistance - 1) / Double(middle))) * Float(middle - 1)
    let bucket = Int(min(max(grown.rounded(.up), 0), Float(1 << 20))) + middle
    return distance < 0 ? -bucket : bucket
  }

  /// `Kr` and `Qr`.
  private func projected(_ query: Linear, _ key: Linear) -> Projected {
    cache.withLock { cache in
      if let cache { return cache }
      let workspace = Workspace(threads: 1)
      let arena = workspace.arena
      let rows = arena.matrix(table.rows, table.columns)
      for row in 0..<table.rows { table.copy(row, to: rows.row(row)) }
      norm?(rows, into: rows, saving: nil, rows: 0..<rows.rows)
      func project(_ layer: Linear) -> WeightMatrix {
        let output = arena.matrix(rows.rows, layer.outputs)
        layer.multiply(layer.input(rows, in: arena), into: output, workspace)
        return WeightMatrix(
          storage: WeightStorage(output.matrix().values), rows: output.rows,
          columns: output.columns)
      }
      let projected = Projected(key: project(key), query: project(query))
      cache = projected
      return projected
    }
  }

  /// One text and head at work: the rows of `Kr` and `Qr` that its distances need.
  struct Head {
    /// The table row of distance `1 - length` on. `[2 · length - 1]`
    private let rows: [Int]
    private let length: Int
    private let keys: MatrixView  // Kr of the head [rows, headWidth]
    private let queries: MatrixView  // Qr of the head [rows, headWidth]
    private let scale: Float

    fileprivate init(
      _ bias: DisentangledBias, _ projected: Projected, length: Int, columns: Range<Int>,
      scale: Float
    ) {
      let all = (0..<max(1, 2 * length - 1)).map { bias.row($0 - (length - 1)) }
      let first = all.min() ?? 0
      let needed = first..<(all.max() ?? 0) + 1
      rows = all.map { $0 - first }
      self.length = length
      keys = projected.key.view.rows(needed).columns(columns)
      queries = projected.query.view.rows(needed).columns(columns)
      self.scale = scale
    }

    /// Where the rows of query `query` start in `rows`, by key: the distance falls as keys go on.
    private func row(query: Int, key: Int) -> Int { rows[query - key + length - 1] }

    /// The bias of some queries, `q` `[queries, headWidth]`, for all keys. `[queries, keys]`
    func bias(
      q: MatrixView, k: MatrixView, queries range: Range<Int>, in scratch: Arena
    ) -> MatrixView {
      let bias = scratch.matrix(q.rows, k.rows)
      scratch.temporary {
        let toPosition = scratch.matrix(q.rows, keys.rows)
        let toContent = scratch.matrix(k.rows, queries.rows)
        // [queries, headWidth] · [rows, headWidth]ᵀ
        Product.multiply(q, keys, transposeB: true, scale: scale, into: toPosition)
        Product.multiply(k, queries, transposeB: true, scale: scale, into: toContent)
        for (index, query) in range.enumerated() {
          let (output, position) = (bias.row(index), toPosition.row(index))
          for key in 0..<k.rows {
            let row = row(query: query, key: key)
            output[key] = position[row] + toContent.base[key * toContent.stride + row]
          }
        }
      }
      return bias
    }

    /// Adds what the scores' gradient, `[queries, keys]`, gives to those of `q` and `k`.
    func backward(
      _ gradient: MatrixView, queries range: Range<Int>, dq: MatrixView, dk: MatrixView,
      in scratch: Arena
    ) {
      scratch.temporary {
        let toPosition = scratch.zeros(gradient.rows, keys.rows)
        let toContent = scratch.zeros(gradient.columns, queries.rows)
        for (index, query) in range.enumerated() {
          let (row, position) = (gradient.row(index), toPosition.row(index))
          for key in 0..<gradient.columns {
            let bucket = self.row(query: query, key: key)
            position[bucket] += row[key]
            toContent.base[key * toContent.stride + bucket] += row[key]
          }
        }
        Product.multiply(toPosition, keys, scale: scale, adding: true, into: dq)
        Product.multiply(toContent, queries, scale: scale, adding: true, into: dk)
      }
    }
  }

  /// The bias of one head, whose columns are `columns`, in a text of `length` rows.
  func head(
    query: Linear, key: Linear, length: Int, columns: Range<Int>, scale: Float
  ) -> Head {
    Head(self, projected(query, key), length: length, columns: columns, scale: scale)
  }
}
