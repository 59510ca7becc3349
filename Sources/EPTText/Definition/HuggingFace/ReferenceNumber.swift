/// Numbers as the reference's JSON reader understands them.
///
/// `tokenizers` reads decimal fractions by dividing the digits, as one rounded number, by a power
/// of ten. That rounds twice, and misses the nearest number by up to an ulp or two. Such a
/// difference decides between segmentations of equal probability ("-------" into "-" and "---"). So
/// the scores of a vocabulary must have the same error.
enum ReferenceNumber {
  /// What the reference reads where `value` is written with the fewest digits that tell it apart.
  static func read(_ value: Double) -> Double {
    guard value.isFinite, value != 0 else { return value }
    // Such as 12.5, 3e-05 or 1.25e+22: digits, of which some are a fraction's, and a power of ten.
    var (digits, fraction, written) = (UInt64(0), 0, 0)
    var text = value.magnitude.description
    let isRead = text.withUTF8 { bytes in
      var isFraction = false
      for (index, byte) in bytes.enumerated() {
        if byte == UInt8(ascii: ".") {
          isFraction = true
        } else if byte == UInt8(ascii: "e") {
          written = Int(String(decoding: bytes[(index + 1)...], as: UTF8.self)) ?? 0
          break
        } else {
          let (tens, overflows) = digits.multipliedReportingOverflow(by: 10)
          let (sum, carries) = tens.addingReportingOverflow(UInt64(byte & 0x0F))
          if overflows || carries { return false }
          digits = sum
          if isFraction { fraction += 1 }
        }
      }
      return true
    }
    guard isRead else { return value }
    let exponent = written - fraction
    var result = Double(digits)
    if exponent >= 0 {
      result *= power(exponent)
    } else {
      result /= power(min(-exponent, 308))
      if exponent < -308 { result /= power(-exponent - 308) }
    }
    return value < 0 ? -result : result
  }

  /// The number nearest to 10 to the power of `exponent`, which is not negative.
  private static func power(_ exponent: Int) -> Double {
    exponent < powers.count ? powers[exponent] : .infinity
  }

  private static let powers = (0...308).map { Double("1e\($0)") ?? .infinity }
}
