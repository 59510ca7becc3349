import ArgumentParser
import EPTInfer

/// What is said about many tasks that are tuned one after another.
struct ManifestOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Tune the tasks of --manifest whose places, counted from 0, leave i when divided by n. auto/n and \
      auto are as for `infer`.
      """, valueName: "i/n"))
  var shard: ShardChoice?

  func validate() throws {
    if case .unknown(let reason)? = shard { throw ValidationError("--shard: \(reason).") }
  }

  /// The part of the tasks to tune; nil for all.
  var part: Shard? {
    guard case .part(let part)? = shard else { return nil }
    return part
  }

  /// The command line's flags for every task: all but those that only a manifest has.
  static var commonArguments: [String] {
    var common: [String] = []
    var skipsValue = false
    for argument in CommandLineText.arguments.dropFirst() {
      let name = argument.prefix { $0 != "=" }
      if skipsValue {
        skipsValue = false
      } else if name == "--manifest" || name == "--shard" {
        skipsValue = !argument.contains("=")
      } else {
        common.append(argument)
      }
    }
    return common
  }
}
