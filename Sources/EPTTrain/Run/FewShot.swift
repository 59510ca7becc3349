import EPTSystem
import EPTTask

/// Few-shot training: a few rows of each class.
enum FewShot {
  /// `count` rows of each class of `examples`, in their order there; all of a class that has
  /// fewer.
  ///
  /// Which rows depends on `seed` alone, and more shots include those of fewer.
  static func rows(_ count: Int, of examples: [Example], classes: Int, seed: UInt64) -> [Int] {
    var random = RandomNumbers(.shots, seed)
    var taken = [Int](repeating: 0, count: classes)
    let chosen = random.shuffled(examples.count).filter { row in
      taken[examples[row].label] += 1
      return taken[examples[row].label] <= count
    }
    return chosen.sorted()
  }
}
