import EPTTask
import EPTTrain

/// What scripts want to know of a run: the bundle's path, then each figure's name and value, times 100.
struct ResultLine {
  let columns: [String]

  /// Tells the figures of the test rows, or of the validation rows where none were scored.
  init(_ outcome: TrainingOutcome, path: String) {
    let record = outcome.best.training
    let figures = (record.test ?? record.validation)?.figures ?? []
    let words = figures.flatMap { [$0.name, $0.text] }
    columns = [path] + words
  }
}
