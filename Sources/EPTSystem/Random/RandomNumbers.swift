import Glibc

/// Random numbers that are the same on every machine for the same keys: SplitMix64.
///
/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014. The
/// start comes from a chain of keys, so that each use has a stream of its own and no use moves
/// another's. `fixtures/reference/deterministic.py` is the same in Python.
public struct RandomNumbers: Sendable {
  /// What a stream of numbers is for: the first key.
  public enum Purpose: UInt64, Sendable {
    case split = 1
    case order = 2
    case initialisation = 3
    case shots = 4
    case bootstrap = 5
    case baseline = 6
  }

  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var state: UInt64 = 0

  /// The stream of `purpose` and `keys`.
  public init(_ purpose: Purpose, _ keys: UInt64...) {
    for key in [purpose.rawValue] + keys {
      state = Self.mixed(state &+ Self.increment &+ key)
    }
  }

  /// 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mixed(state)
  }

  /// A uniform whole number in `0..<bound`, by Lemire's multiplication with rejection.
  ///
  /// - Precondition: `bound > 0`.
  public mutating func below(_ bound: Int) -> Int {
    let bound = UInt64(bound)
    let threshold = (0 &- bound) % bound
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= threshold { return Int(product.high) }
    }
  }

  /// A uniform number in `0..<1`, a multiple of 2^-24.
  public mutating func uniform() -> Float {
    Float(next() >> 40) * 0x1p-24
  }

  /// Normal numbers of mean 0 and variance 1, by Box and Muller.
  public mutating func gaussians(_ count: Int) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count + 1)
    while values.count < count {
      let radius = sqrt(-2 * log(Double((next() >> 11) + 1) * 0x1p-53))
      let angle = 2 * Double.pi * (Double(next() >> 11) * 0x1p-53)
      values.append(Float(radius * cos(angle)))
      values.append(Float(radius * sin(angle)))
    }
    return Array(values.prefix(count))
  }

  /// The numbers `0..<count` in random order, by Fisher and Yates from the end.
  public mutating func shuffled(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, below(last + 1))
    }
    return order
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
