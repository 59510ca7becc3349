/// The share of the learning rate that a step uses.
///
/// It rises linearly over the warm-up. With a known number of steps it then falls linearly to 0.
/// Without, it stays at 1 until `beginDecay`, and falls to 0 from there: warm-up, stable, decay
/// (Hu et al., MiniCPM, 2024), which needs no horizon and loses nothing against one.
struct LearningRateSchedule: Sendable, Equatable {
  let warmUp: Int
  /// The last step before the fall.
  private(set) var decayStart: Int?
  /// The last step of all, once it is known.
  private(set) var end: Int?

  /// A schedule of `steps` steps, or of as many as `beginDecay` will say.
  init(warmUp: Int, steps: Int?) {
    self.warmUp = warmUp
    decayStart = steps == nil ? nil : warmUp
    end = steps
  }

  /// Lets the rate fall to 0 over the `length` steps after `step`.
  mutating func beginDecay(after step: Int, length: Int) {
    decayStart = step
    end = step + length
  }

  /// The share for `step`, counted from 1; never 0 up to the last step.
  func factor(_ step: Int) -> Float {
    let rise = warmUp == 0 ? 1 : Float(step) / Float(warmUp)
    guard let decayStart, let end, step > decayStart else { return min(1, rise) }
    return min(1, rise, max(0, Float(end - step + 1) / Float(max(1, end - decayStart))))
  }
}
