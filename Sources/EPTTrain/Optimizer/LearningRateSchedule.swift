import Glibc

/// How the learning rate falls after the warm-up.
public enum ScheduleShape: String, Sendable, CaseIterable {
  /// Along a line to 0.
  case linear
  /// Along half a cosine to 0 (Loshchilov and Hutter, ICLR 2017, without restarts).
  case cosine
  /// Not at all.
  case constant
}

/// The share of the learning rate that a step uses.
///
/// It rises linearly over the warm-up. With a known number of steps it then falls to 0 in the
/// schedule's shape. Without, it stays at 1 until `beginDecay`, and falls to 0 from there: warm-up,
/// stable, decay (Hu et al., MiniCPM, 2024). That needs no horizon, and loses nothing against a
/// schedule that has one.
struct LearningRateSchedule: Sendable, Equatable {
  let shape: ScheduleShape
  let warmUp: Int
  /// The last step before the fall.
  private(set) var decayStart: Int?
  /// The last step of all, once it is known.
  private(set) var end: Int?

  /// A schedule of `steps` steps, or of as many as `beginDecay` will say.
  init(_ shape: ScheduleShape = .linear, warmUp: Int, steps: Int?) {
    self.shape = shape
    self.warmUp = warmUp
    decayStart = steps == nil ? nil : warmUp
    end = steps
  }

  /// The schedule of a run that is resumed.
  init(_ shape: ScheduleShape, warmUp: Int, decayStart: Int?, end: Int?) {
    self.shape = shape
    self.warmUp = warmUp
    self.decayStart = decayStart
    self.end = end
  }

  /// Lets the rate fall to 0 over the `length` steps after `step`; a constant one ends there.
  mutating func beginDecay(after step: Int, length: Int) {
    decayStart = step
    end = shape == .constant ? step : step + length
  }

  /// Makes `step` the last.
  mutating func stop(after step: Int) { end = step }

  /// The share for `step`, counted from 1; never 0 up to the last step.
  func factor(_ step: Int) -> Float {
    let rise = warmUp == 0 ? 1 : Float(step) / Float(warmUp)
    guard let decayStart, let end, step > decayStart else { return min(1, rise) }
    let left = Float(end - step + 1) / Float(max(1, end - decayStart))
    let fall: Float =
      switch shape {
      case .linear: left
      case .cosine: 0.5 * (1 - cos(.pi * left))
      case .constant: 1
      }
    return min(1, rise, max(0, fall))
  }
}
