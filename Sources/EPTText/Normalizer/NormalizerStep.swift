/// One step of a definition's normalizer.
enum NormalizerStep: Equatable {
  /// sentencepiece's precompiled character map: u32 length, double array, texts.
  case characterMap([UInt8])
  /// Removes white space at the ends.
  case strip(left: Bool, right: Bool)
  /// Puts `content` in place of each `pattern`.
  case replace(pattern: [UInt8], content: [UInt8])
  /// Puts `content` in place of each run of two or more spaces.
  case replaceSpaces(content: [UInt8])
  /// Puts `content` in place of each match.
  case replaceMatches(PatternNode, content: [UInt8])
  /// Puts `content` in front of a text that is not empty.
  case prepend([UInt8])
  /// NFD, or NFC where it composes.
  case canonical(composes: Bool)
  case lowercase
  /// Removes all marks.
  case stripAccents
  /// All that BertNormalizer does.
  case bert(CharacterCodeBuilder.Settings)
  /// BERT's: removes control characters, makes all white space spaces.
  case clean
  /// BERT's: puts spaces around Chinese characters.
  case isolateChinese
  /// BERT's: removes non-spacing marks, as they stand in NFD.
  case removeMarks

  /// The single steps of this one.
  var singleSteps: [NormalizerStep] {
    guard case .bert(let settings) = self else { return [self] }
    return (settings.cleansText ? [.clean] : [])
      + (settings.isolatesChinese ? [.isolateChinese] : [])
      + (settings.stripsAccents ? [.canonical(composes: false), .removeMarks] : [])
      + (settings.lowercases ? [.lowercase] : [])
  }

  /// What becomes of each scalar that does not stay, for steps that look at one at a time.
  var scalarImages: [UInt32: [UInt32]]? {
    func removed(_ property: String) -> [UInt32: [UInt32]] {
      Dictionary(
        UnicodeData.runs(property).joined().map { ($0, []) }, uniquingKeysWith: { $1 })
    }
    switch self {
    case .lowercase: return UnicodeData.mapping(UnicodeData.lowercase)
    case .stripAccents: return removed(UnicodeData.combiningMark)
    case .removeMarks: return removed(UnicodeData.nonspacingMarks)
    case .isolateChinese:
      return Dictionary(
        UnicodeData.runs(UnicodeData.chinese).joined().map { ($0, [0x20, $0, 0x20]) },
        uniquingKeysWith: { $1 })
    case .clean:
      var images = removed(UnicodeData.control)
      for scalar in UnicodeData.runs(UnicodeData.space).joined() where images[scalar] == nil {
        images[scalar] = [0x20]
      }
      return images
    default: return nil
    }
  }
}
