/// Negative numbers as values of options, which the parser takes for flags.
package enum NegativeValues {
  /// What `parse` makes of `arguments`; where it misses the value of an option that a negative number
  /// follows, the two are joined by an equals sign first.
  ///
  /// So a number out of range is told its range.
  ///
  /// - Throws: What `parse` throws; `message` tells its words.
  package static func allowing<Command>(
    _ arguments: [String], message: (any Error) -> String, parse: ([String]) throws -> Command
  ) throws -> Command {
    do {
      return try parse(arguments)
    } catch {
      guard let joined = joined(arguments, after: message(error)) else { throw error }
      return try allowing(joined, message: message, parse: parse)
    }
  }

  /// One argument fewer, or nil if `message` tells of no such option.
  private static func joined(_ arguments: [String], after message: String) -> [String]? {
    let start = "Missing value for '"
    guard message.hasPrefix(start) else { return nil }
    let option = message.dropFirst(start.count).prefix { $0 != " " && $0 != "'" }
    let place = arguments.indices.dropLast().first { place in
      let value = arguments[place + 1]
      return arguments[place].elementsEqual(option) && value.hasPrefix("-") && Double(value) != nil
    }
    guard let place, option.hasPrefix("--") else { return nil }
    var arguments = arguments
    arguments[place] += "=" + arguments.remove(at: place + 1)
    return arguments
  }
}
