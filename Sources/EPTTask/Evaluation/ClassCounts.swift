/// How often each class was predicted, was true, and was both.
struct ClassCounts {
  private(set) var predicted: [Int]
  private(set) var actual: [Int]
  private(set) var right: [Int]

  /// Counts the classes of each row; classes are numbered from 0.
  init(_ predicted: [Int], _ actual: [Int]) {
    let classes = 1 + max(predicted.max() ?? -1, actual.max() ?? -1)
    let zeros = [Int](repeating: 0, count: classes)
    (self.predicted, self.actual, right) = (zeros, zeros, zeros)
    for (guess, truth) in zip(predicted, actual) {
      self.predicted[guess] += 1
      self.actual[truth] += 1
      if guess == truth { right[guess] += 1 }
    }
  }

  /// The classes that a row or an answer has.
  var present: [Int] { actual.indices.filter { predicted[$0] + actual[$0] > 0 } }

  /// The share of the answers `label` that are right; 0 if there are none.
  func precision(_ label: Int) -> Double {
    label < predicted.count && predicted[label] > 0
      ? Double(right[label]) / Double(predicted[label]) : 0
  }

  /// The share of the rows of class `label` that are found; 0 if there are none.
  func recall(_ label: Int) -> Double {
    label < actual.count && actual[label] > 0 ? Double(right[label]) / Double(actual[label]) : 0
  }

  /// 2·TP / (2·TP + FP + FN); 0 if the class is nowhere.
  func f1(_ label: Int) -> Double {
    guard label < actual.count, predicted[label] + actual[label] > 0 else { return 0 }
    return 2 * Double(right[label]) / Double(predicted[label] + actual[label])
  }

  /// How many rows are of class `label`.
  func support(_ label: Int) -> Int { label < actual.count ? actual[label] : 0 }
}
