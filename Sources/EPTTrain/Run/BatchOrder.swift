import EPTSystem
import EPTTask

/// Which rows each step reads: every row once an epoch, in an order of the epoch's own.
///
/// The rows of a step depend on seed and step alone, so that a run can be resumed anywhere.
struct BatchOrder: Sendable {
  private let rows: Int
  private let batch: Int
  private let seed: UInt64
  private var epoch = -1
  private var order: [Int] = []

  /// Batches of `batch` out of `rows` rows, both more than 0.
  init(rows: Int, batch: Int, seed: UInt64) {
    self.rows = rows
    self.batch = batch
    self.seed = seed
  }

  /// The order of `rows` rows in `epoch`, counted from 0.
  static func epoch(_ epoch: Int, rows: Int, seed: UInt64) -> [Int] {
    var random = RandomNumbers(.order, seed, UInt64(epoch))
    return random.shuffled(rows)
  }

  /// The rows of `step`, counted from 1; a batch may span two epochs or more.
  mutating func rows(step: Int) -> [Int] {
    let start = (step - 1) * batch
    return (start..<start + batch).map { position in
      if position / rows != epoch {
        epoch = position / rows
        order = Self.epoch(epoch, rows: rows, seed: seed)
      }
      return order[position % rows]
    }
  }
}
