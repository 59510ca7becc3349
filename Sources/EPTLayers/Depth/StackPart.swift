extension Stack {
  /// Some of the blocks; what follows the last one of all only if they are the last to run.
  package func part(_ range: Range<Int>, isLast: Bool) -> Stack {
    Stack(blocks: Array(blocks[range]), finalNorm: isLast ? finalNorm : nil)
  }
}

extension StackEdits {
  /// The projections of some blocks, for `Stack.part`.
  package func blocks(_ range: Range<Int>) -> StackEdits {
    StackEdits(tasks: tasks.map { Array($0[range]) }, taskOfText: taskOfText)
  }

  /// The same for some of the texts.
  package func texts(_ range: Range<Int>) -> StackEdits {
    StackEdits(tasks: tasks, taskOfText: Array(taskOfText[range]))
  }
}
