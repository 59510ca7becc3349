/// An argument without a character, which a shell's unset variable leaves.
package struct EmptyArgument: Error, CustomStringConvertible {
  /// The option whose value is empty; nil for an argument of its own.
  private let option: String?

  /// nil if none of `arguments` is empty.
  package init?(_ arguments: [String]) {
    let place = arguments.firstIndex { argument in
      argument.isEmpty
        || (argument.hasPrefix("--") && argument.firstIndex(of: "=") == argument.indices.last)
    }
    guard let place else { return nil }
    let owner = arguments[place].isEmpty && place > 0 ? arguments[place - 1] : arguments[place]
    option = owner.hasPrefix("-") ? String(owner.prefix { $0 != "=" }) : nil
  }

  package var description: String {
    "\(option.map { "the value of \($0)" } ?? "an argument") is empty; is a variable of the shell unset?"
  }
}
