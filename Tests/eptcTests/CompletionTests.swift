import EPTTestSupport
import Foundation
import Testing

/// What packages install for the shells.
struct CompletionTests {
  private func shell(_ script: String, in folder: String) throws -> CommandLineRun {
    try CommandLineRun(
      executable: URL(fileURLWithPath: "/bin/bash"), ["-c", script], in: folder,
      environment: ["EPTC": CommandLineRun.tool().path])
  }

  @Test("The shells' completions are made, and bash offers the commands and their flags")
  func completions() throws {
    try TestPaths.withTemporaryFolder { folder in
      let run = try shell(
        """
        set -e
        for shell in bash zsh fish; do
          "$EPTC" --generate-completion-script $shell > $shell
          test -s $shell
        done
        source ./bash
        offered() {
          COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
          COMPREPLY=()
          _eptc eptc "${@: -1}" "${@: -2:1}"
          printf '%s ' "${COMPREPLY[@]}"
        }
        offered eptc tu
        offered eptc tune --ran
        offered eptc convert --encoding q
        """, in: folder)
      #expect(run.output == "tune --rank q8 q4 " && run.status == 0, "\(run.errors)")
    }
  }
}
