import ArgumentParser
import EPTTask

struct TasksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tasks",
    abstract: "List the tasks that eptc knows, or show one as a file to edit.",
    discussion: """
      eptc tasks show rte > mine.json
      eptc tune --task-file mine.json --data folder
      """,
    subcommands: [ListCommand.self, ShowCommand.self], defaultSubcommand: ListCommand.self)

  struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "One line a task: name, metric, split, labels, template.")

    func run() throws {
      let rows = try TaskCatalogue.names.map { name -> [String] in
        let task = try TaskCatalogue.task(named: name)
        let words = task.labels.map(\.word)
        return [
          task.name, task.metric.rawValue, "\(task.split)",
          words.count > 4
            ? "\(words[0]) … \(words[words.count - 1])" : words.joined(separator: ", "),
          task.template.source,
        ]
      }
      try StandardOutput.print(TextTable(rows).text)
    }
  }

  struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Print a task as JSON, to edit and pass as --task-file.")

    @Argument(help: ArgumentHelp("The task.", valueName: "task"))
    var name: String

    @Option(help: "Label words of the task's own (words), or 0, 1, … (digits).")
    var labels: LabelWords = .words

    func run() throws {
      let task = try TaskCatalogue.task(named: name).labelled(labels)
      try StandardOutput.print(task.json, indented: true)
    }
  }
}
