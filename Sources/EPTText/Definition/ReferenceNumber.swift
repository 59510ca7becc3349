/// Numbers as the reference's JSON reader understands them.
///
/// `tokenizers` reads decimal fractions by dividing the digits, as one rounded number, by a power of
/// ten. That rounds twice and misses the nearest number by up to an ulp or two, which decides between
/// segmentations of equal probability ("-------" into "-" and "---"): the scores of a vocabulary have
/// to be off in the same way.
enum ReferenceNumber {
  /// What the reference reads where `value` is written with the fewest digits that tell it apart.
  static func read(_ value: Double) -> Double {
    guard value.isFinite, value != 0 else { return value }
    let parts = "\(value.magnitude)".split(separator: "e")
    let decimal = parts[0].split(separator: ".")
    let fraction = decimal.count > 1 ? decimal[1] : ""
    let written = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    guard let digits = UInt64(decimal[0] + fraction) else { return value }
    let exponent = written - fraction.count
    var result = Double(digits)
    if exponent >= 0 {
      result *= power(exponent)
    } else {
      result /= power(min(-exponent, 308))
      if exponent < -308 { result /= power(-exponent - 308) }
    }
    return value < 0 ? -result : result
  }

  /// The number nearest to 10 to the power of `exponent`.
  private static func power(_ exponent: Int) -> Double {
    Double("1e\(exponent)") ?? .infinity
  }
}
