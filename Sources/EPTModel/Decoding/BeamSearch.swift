import EPTLayers
import Glibc

/// The search for one text's most probable continuation.
///
/// With one beam: the most probable token, step by step. With more, it searches as `transformers`
/// does by default. The `2·beams` best continuations of all hypotheses are taken. Those among the
/// first `beams` that end are results. The best `beams` that do not end are followed. It stops when
/// the best hypothesis, at its present length, does not beat the worst of `beams` results.
struct BeamSearch {
  /// A hypothesis that is followed.
  struct Beam {
    let tokens: [Int32]
    /// The sum of the tokens' log-probabilities.
    let score: Float
    /// The place of the hypothesis that it continues in the step before.
    let parent: Int
  }

  private let settings: GenerationSettings
  private let isEnd: ([Int32]) -> Bool
  /// Hypotheses to go on from, the best first.
  private(set) var beams = [Beam(tokens: [], score: 0, parent: 0)]
  /// Results, the best first; at most as many as beams.
  private var results: [Generation] = []
  private(set) var isDone = false

  /// `isEnd` says whether a text ends with its last tokens.
  init(_ settings: GenerationSettings, isEnd: @escaping ([Int32]) -> Bool) {
    self.settings = settings
    self.isEnd = isEnd
  }

  /// How many of its best continuations `advance` needs of each hypothesis.
  static func candidates(_ settings: GenerationSettings) -> Int {
    settings.beams == 1 ? 1 : 2 * settings.beams
  }

  /// The best result so far.
  var best: Generation { results.first ?? Generation(tokens: [], score: 0) }

  /// The tokens of the best hypothesis that is followed, or of the best result where none is.
  var likeliest: [Int32] { isDone ? best.tokens : beams.first?.tokens ?? best.tokens }

  /// Goes one token further; `candidates` has the best of each hypothesis, best first.
  mutating func advance(_ candidates: [[TokenCandidate]]) {
    let length = (beams.first?.tokens.count ?? 0) + 1
    let divisor = pow(Float(length), settings.lengthPenalty)
    let isLast = length >= settings.maximumTokens
    var next: [Beam] = []
    for (rank, beam) in continuations(candidates).enumerated() {
      if isLast || isEnd(beam.tokens) {
        if rank < settings.beams {
          insert(Generation(tokens: beam.tokens, score: beam.score / divisor))
        }
      } else if next.count < settings.beams {
        next.append(beam)
      }
    }
    beams = next
    guard let best = next.first, !isLast, settings.beams > 1 || results.isEmpty else {
      isDone = true
      return
    }
    if results.count == settings.beams, let worst = results.last?.score {
      isDone = best.score / divisor <= worst
    }
  }

  /// The best continuations of all hypotheses, the best first.
  private func continuations(_ candidates: [[TokenCandidate]]) -> [Beam] {
    var all: [Beam] = []
    for (place, beam) in beams.enumerated() {
      for candidate in candidates[place] {
        all.append(
          Beam(
            tokens: beam.tokens + [candidate.token], score: beam.score + candidate.logProbability,
            parent: place))
      }
    }
    // Stable: of equal ones the first hypothesis counts.
    let order = all.indices.sorted { (all[$1].score, $0) < (all[$0].score, $1) }
    return order.prefix(Self.candidates(settings)).map { all[$0] }
  }

  private mutating func insert(_ result: Generation) {
    let place = results.firstIndex { $0.score < result.score } ?? results.count
    results.insert(result, at: place)
    if results.count > settings.beams { results.removeLast() }
  }
}
