import EPTCompute
import EPTFormat
import EPTModel
import Glibc

/// The evaluations of a training run: what its curves are drawn from.
public struct TrainingHistory: Sendable, Equatable {
  /// One evaluation.
  public struct Point: Sendable, Equatable {
    /// Steps made before the evaluation.
    public let step: Int
    /// Mean loss of the steps since the evaluation before; nil at step 0.
    public let trainingLoss: Double?
    /// The mean loss of the validation rows.
    public let validationLoss: Double
    /// The metric on the validation rows.
    public let score: MetricScore
    /// The short prompt's learning rate.
    public let learningRate: Double

    /// Numbers are kept to six digits, as they are stored.
    public init(
      step: Int, trainingLoss: Double?, validationLoss: Double, score: MetricScore,
      learningRate: Double
    ) {
      self.step = step
      self.trainingLoss = trainingLoss.map { TrainingHistory.sixDigits($0) }
      self.validationLoss = TrainingHistory.sixDigits(validationLoss)
      self.score = MetricScore(
        score.figures.map { .init($0.name, TrainingHistory.sixDigits($0.value)) })
      self.learningRate = TrainingHistory.sixDigits(learningRate)
    }
  }

  /// In order of their steps.
  public var points: [Point]

  public init(_ points: [Point] = []) {
    self.points = points
  }

  /// `value` to six significant digits; 0 if it is not finite.
  package static func sixDigits(_ value: Double) -> Double {
    guard value.isFinite, value != 0 else { return 0 }
    let scale = pow(10, 5 - floor(log10(abs(value))))
    let rounded = (value * scale).rounded() / scale
    return rounded.isFinite ? rounded : 0
  }
}

extension TrainingHistory {
  /// A column for each number, which takes less room than an object for each point.
  package var json: JSON {
    let names = points.first?.score.figures.map(\.name) ?? []
    let figures = names.enumerated().map { index, name in
      JSONMember(
        name,
        .array(
          points.map {
            index < $0.score.figures.count ? .number($0.score.figures[index].value) : .null
          }))
    }
    return [
      "step": .array(points.map { .integer($0.step) }),
      "training_loss": .array(points.map { $0.trainingLoss.map { .number($0) } ?? .null }),
      "validation_loss": .array(points.map { .number($0.validationLoss) }),
      "learning_rate": .array(points.map { .number($0.learningRate) }),
      "validation": .object(figures),
    ]
  }

  /// Reads what `json` wrote, nil if it is something else.
  package init?(_ json: JSON) {
    guard let steps = json["step"]?.array?.compactMap(\.integer),
      let training = json["training_loss"]?.array,
      let validation = json["validation_loss"]?.array?.compactMap(\.number),
      let rates = json["learning_rate"]?.array?.compactMap(\.number),
      let figures = json["validation"]?.object, !figures.isEmpty
    else { return nil }
    let columns = figures.map { ($0.key, $0.value.array?.compactMap(\.number) ?? []) }
    let count = steps.count
    guard training.count == count, validation.count == count, rates.count == count,
      columns.allSatisfy({ $0.1.count == count }),
      training.allSatisfy({ $0 == .null || $0.number != nil }),
      zip(steps, steps.dropFirst()).allSatisfy({ $0 < $1 }), steps.allSatisfy({ $0 >= 0 })
    else { return nil }
    self.init(
      steps.indices.map { index in
        Point(
          step: steps[index], trainingLoss: training[index].number,
          validationLoss: validation[index],
          score: MetricScore(columns.map { .init($0.0, $0.1[index]) }),
          learningRate: rates[index])
      })
  }

  /// A small matrix as an array of rows, to six digits.
  static func rows(of matrix: Matrix) -> JSON {
    .array(
      (0..<matrix.rows).map { row in
        let start = row * matrix.columns
        return .array(
          matrix.values[start..<start + matrix.columns].map { .number(sixDigits(Double($0))) })
      })
  }

  /// Reads what `rows(of:)` wrote, nil if it is something else.
  static func matrix(_ json: JSON) -> Matrix? {
    guard let rows = json.array, let columns = rows.first?.array?.count, columns > 0 else {
      return nil
    }
    let values = rows.flatMap { $0.array?.compactMap(\.number) ?? [] }.map { Float($0) }
    guard rows.allSatisfy({ $0.array?.count == columns }), values.count == rows.count * columns,
      values.allSatisfy(\.isFinite)
    else { return nil }
    return Matrix(rows: rows.count, columns: columns, values: values)
  }
}
