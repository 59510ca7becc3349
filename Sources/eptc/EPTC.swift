import ArgumentParser

@main
struct EPTC: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eptc",
    abstract: "Tune and serve prompts of about 100 KB over one frozen language model.")
}
