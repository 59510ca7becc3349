import EPTCompute

/// The projections that follow the blocks of a stack, task by task.
package struct StackEdits {
  /// Each task's, a block each; nil for blocks that are left as they are. `[tasks][blocks]`
  package let tasks: [[GatedProjection?]]
  /// The task of each text.
  package let taskOfText: [Int]

  package init(tasks: [[GatedProjection?]], taskOfText: [Int]) {
    self.tasks = tasks
    self.taskOfText = taskOfText
  }

  /// The rows that have a projection after block `block`.
  ///
  /// Texts of one task side by side are one run. `starts` says where each text's rows start, then the total.
  func runs(block: Int, starts: [Int]) -> [EditRun] {
    var runs: [EditRun] = []
    var lastTask: Int?
    for (text, task) in taskOfText.enumerated() {
      let rows = starts[text]..<starts[text + 1]
      guard let projection = tasks[task][block] else { continue }
      if let last = runs.last, lastTask == task, last.rows.upperBound == rows.lowerBound {
        runs[runs.count - 1].rows = last.rows.lowerBound..<rows.upperBound
      } else {
        runs.append(EditRun(rows: rows, projection: projection))
      }
      lastTask = task
    }
    return runs
  }
}

extension StackEdits {
  /// Adds the projections that follow block `block` to the stream `h`, `[rows, d]`.
  ///
  /// `starts` says where each text's rows start, then the total.
  package func add(after block: Int, to h: MatrixView, starts: [Int], _ workspace: Workspace) {
    let runs = runs(block: block, starts: starts)
    workspace.forRowBlocks(h.rows) { rows, scratch in
      for run in runs {
        let part = run.rows.clamped(to: rows)
        if !part.isEmpty { run.projection.forward(h.rows(part), saving: nil, in: scratch) }
      }
    }
  }
}

/// Rows of a stream, and the projection that is added to them.
struct EditRun {
  var rows: Range<Int>
  let projection: GatedProjection
}
