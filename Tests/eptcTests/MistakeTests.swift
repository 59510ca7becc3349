import EPTTestSupport
import Foundation
import Testing

/// Sixty and more plausible mistakes, and the exact line that each gets.
struct MistakeTests {
  /// The arguments, the exit status, the line on standard error after `eptc: `.
  static let table: [(arguments: String, status: Int32, line: String)] = [
    (
      #"train --train a.tsv"#, 64,
      #"there is no command train; did you mean `eptc tune`?"#
    ),
    (
      #"evaluate a.eptb"#, 64,
      #"there is no command evaluate; did you mean `eptc eval`?"#
    ),
    (
      #"predict a.eptb"#, 64,
      #"there is no command predict; did you mean `eptc infer`?"#
    ),
    (
      #"tnue --train a.tsv"#, 64,
      #"there is no command tnue; did you mean `eptc tune`?"#
    ),
    (
      #"frobnicate"#, 64,
      #"there is no command frobnicate; the commands are: convert, tune, infer, eval, "#
        + #"inspect, tasks, fold, export, report"#
    ),
    (
      #"tune --trian a.tsv"#, 64,
      #"there is no --trian; did you mean --train? `eptc help tune` tells all flags"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --epochs 3"#, 64,
      #"there is no --epochs: runs are counted in steps: --steps, of which training rows / "#
        + #"--batch are an epoch; without it a run ends when validation stops improving; `eptc "#
        + #"help tune` tells all flags"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --learning-rate 1e-3"#, 64,
      #"there is no --learning-rate: each part has a rate of its own: --prompt-rate, "#
        + #"--low-rank-rate, --subspace-rate, --head-rate; the defaults suit most; `eptc help "#
        + #"tune` tells all flags"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --batch_size 8"#, 64,
      #"there is no --batch_size: it is --batch; `eptc help tune` tells all flags"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --validation a.tsv"#, 64,
      #"there is no --validation: it is --dev; `eptc help tune` tells all flags"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --output-dir x"#, 64,
      #"there is no --output-dir: it is --output, a file; `eptc help tune` tells all flags"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --device cuda"#, 64,
      #"there is no --device: everything runs on the CPU; see --threads; `eptc help tune` "#
        + #"tells all flags"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --delimiter ;"#, 64,
      #"there is no --delimiter: the separator is told by the first line; --data-format csv "#
        + #"or tsv forces one; `eptc help tune` tells all flags"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --max-length 64"#, 64,
      #"there is no --max-length: it is --input-length; `eptc help tune` tells all flags"#
    ),
    (
      #"tune"#, 64,
      #"Name a task with --task or --task-file, or rows of your own with --train; `eptc help "#
        + #"tune` tells all flags"#
    ),
    (
      #"tune --dev a.tsv"#, 64,
      #"--dev and --test go with --train: give that too; `eptc help tune` tells all flags"#
    ),
    (
      #"tune --task sst2 --train a.tsv"#, 64,
      #"With --task or --task-file, --train and --dev go together: give both; `eptc help "#
        + #"tune` tells all flags"#
    ),
    (
      #"tune --task sts2"#, 65,
      #"unknown task sts2; did you mean sst2 or stsb?"#
    ),
    (
      #"tune --task sst2"#, 66,
      #"no data for task sst2; looked for: data/SST-2/train.tsv or .jsonl, "#
        + #"data/sst2/train.tsv or .jsonl, data/train.tsv or .jsonl; name its folder (--data or "#
        + #"EPT_DATA)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --metric f1"#, 64,
      #"--metric cannot be f1; it is one of: accuracy, matthews, f1_accuracy, "#
        + #"pearson_spearman, macro_f1, f1a; `eptc help tune` tells all flags"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --metric f1_accuracy --positive maybe"#, 65,
      #"task a is not usable: no label is called maybe; the labels are: no, yes"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --steps 0"#, 64,
      #"--steps must be a whole number from 1 to 16777216; `eptc help tune` tells all flags"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train none.tsv"#, 66,
      #"cannot open none.tsv: No such file or directory"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train empty.tsv"#, 65,
      #"empty.tsv has no rows; is it the right file, and whole?"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train header.tsv"#, 65,
      #"header.tsv has no rows; is it the right file, and whole?"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train one.tsv"#, 65,
      #"one.tsv:2: every row has the label "yes"; a task needs two, is `label` the label's "#
        + #"column? (--text-column and --label-column name them)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --dev one.tsv"#, 65,
      #"one.tsv has 1 row; half of its rows choose the best step and half give the figure, so "#
        + #"it needs two or more (--test gives rows for the figure)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train bare.txt"#, 65,
      #"bare.txt:1: lines of plain text have no labels; a file of rows is CSV, TSV, JSON, or "#
        + #"fastText's `__label__x text` (--data-format says how it is laid out, csv for quotes)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train headless.tsv"#, 65,
      #"headless.tsv:1: the label "verdict" stands in this first line alone: is the line a "#
        + #"header? (--header yes if the first line names the columns, --header no if it is a "#
        + #"row)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train twice.tsv"#, 65,
      #"twice.tsv:1: two columns are called "text"; rename one"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train pair.tsv"#, 65,
      #"pair.tsv:1: which column is the text? There are: title, body, label (--text-column "#
        + #"and --label-column name them)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --label-column topic"#, 65,
      #"a.tsv:1: there is no column topic; there are: text, label (--text-column and "#
        + #"--label-column name them)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --text-column body"#, 65,
      #"a.tsv:1: there is no column body; there are: text, label (--text-column and "#
        + #"--label-column name them)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train wide.tsv"#, 65,
      #"wide.tsv:2: 3 columns, but the first line has 2; is there a tab within a text?"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train short.tsv"#, 65,
      #"short.tsv:2: 1 column, but the first line has 2; is a tab missing, or the line broken "#
        + #"in two?"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train gap.tsv"#, 65,
      #"gap.tsv:3: an empty line between rows; remove it"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train nan.tsv"#, 65,
      #"nan.tsv:3: the label is "nan", a missing value as pandas writes it; remove the row, "#
        + #"or name its class"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train blank.tsv"#, 65,
      #"blank.tsv:3: an empty label; remove the row, or name its class"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train same.tsv"#, 65,
      #"same.tsv:2: every row has the label "yes"; a task needs two, is `label` the label's "#
        + #"column? (--text-column and --label-column name them)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train scale.tsv"#, 65,
      #"scale.tsv:2: the labels are numbers on a scale, such as 0.5; write a task file with "#
        + #""scale": true, as `eptc tasks show stsb` prints one"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train a.tsv --dev unknown.tsv"#, 65,
      #"unknown.tsv:2: unknown label "maybe"; the labels are: no, yes"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train ids.tsv --label-column id --text-column text"#, 65,
      #"ids.tsv:1002: more than 1000 different labels; is `id` the label's column? "#
        + #"(--most-classes allows more)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train quoted.tsv"#, 65,
      #"quoted.tsv:2: 1 column, but the first line has 2; are its texts quoted? "#
        + #"(--data-format says how it is laid out, csv for quotes)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train open.csv"#, 65,
      #"open.csv:2: a quote opens here and is never closed"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train late.csv"#, 65,
      #"late.csv:2: text stands after the closing quote of column 1; a quote within a quoted "#
        + #"text is written twice"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train latin.csv"#, 65,
      #"latin.csv:2: a text that is not UTF-8; convert the file, or name its encoding "#
        + #"(--text-encoding latin1 for a file of Western Windows)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train number.jsonl"#, 65,
      #"number.jsonl:1: the text "text" is 5 without quotes; write "5""#
    ),
    (
      #"tune --steps 1 -o o.eptb --train list.jsonl"#, 65,
      #"list.jsonl:1: the label "label" is a list; a row has one label: make a task of each "#
        + #"label"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train null.jsonl"#, 65,
      #"null.jsonl:1: the label "label" is null; remove the row, or name its class"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train broken.jsonl"#, 65,
      #"broken.jsonl:2: not a JSON object: a comma or } is expected at byte 13"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train pretty.json"#, 65,
      #"pretty.json:1: not a JSON object: it goes on in the next line; write each object in "#
        + #"one line, or all in an array"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train cut.json"#, 65,
      #"cut.json:2: not a JSON object: the array is not closed; is the file whole?"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train nanvalue.jsonl"#, 65,
      #"nanvalue.jsonl:1: not a JSON object: a value is expected at byte 23; JSON has no NaN, "#
        + #"write null"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train key.jsonl"#, 65,
      #"key.jsonl:1: which column is the text? There are: body, label, title (--text-column "#
        + #"and --label-column name them)"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train multi.txt"#, 65,
      #"multi.txt:1: a line must look like this: __label__name text, with one label; this "#
        + #"line has two"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train page.csv"#, 65,
      #"page.csv is a web page; the download went wrong; fetch the file itself again"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train lfs.csv"#, 65,
      #"lfs.csv is a git-LFS pointer; fetch it with `git lfs pull`"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train book.xlsx"#, 65,
      #"book.xlsx is a zip archive or an Excel workbook; unpack it, or save the sheet as CSV"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train rows.parquet"#, 65,
      #"rows.parquet is a Parquet file; save its rows as CSV or JSON first"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train old.gz"#, 65,
      #"old.gz: it ends within its compressed data; compress it again"#
    ),
    (
      #"tune --steps 1 -o o.eptb --train stanfordnlp/imdb"#, 66,
      #"stanfordnlp/imdb is no file here, and nothing is downloaded: fetch it with "#
        + #"`huggingface-cli download --repo-type dataset stanfordnlp/imdb --local-dir imdb` and "#
        + #"give the file in it"#
    ),
    (
      #"inspect a.tsv"#, 65,
      #"a.tsv is text, a file of rows perhaps; `inspect` shows models and bundles. `eptc tune "#
        + #"--dry-run --train a.tsv` tells how its rows are read"#
    ),
    (
      #"convert google/flan-t5-small"#, 66,
      #"google/flan-t5-small is no file here, and nothing is downloaded: fetch it with "#
        + #"`huggingface-cli download google/flan-t5-small --local-dir flan-t5-small` and give "#
        + #"the folder"#
    ),
    (
      #"convert t5-small"#, 66,
      #"t5-small is no file here, and nothing is downloaded: fetch it with `huggingface-cli "#
        + #"download t5-small --local-dir t5-small` and give the folder"#
    ),
    (
      #"infer -p a.eptb -m google-t5/t5-small"#, 66,
      #"google-t5/t5-small is no file here, and nothing is downloaded: fetch it with "#
        + #"`huggingface-cli download google-t5/t5-small --local-dir t5-small` and give the "#
        + #"folder"#
    ),
    (
      #"infer"#, 64,
      #"Name a tuned task, a file.eptb that `eptc tune` wrote, or a folder of them with "#
        + #"--prompts; `eptc help infer` tells all flags"#
    ),
    (
      #"infer none.eptb"#, 66,
      #"none.eptb is missing: no such file"#
    ),
    (
      #"infer a.tsv"#, 65,
      #"a.tsv is no bundle; texts to answer are given with --input a.tsv"#
    ),
    (
      #"infer a.eptb --input none.txt"#, 66,
      #"cannot open none.txt: No such file or directory"#
    ),
    (
      #"infer a.eptb --top-k 2"#, 64,
      #"there is no --top-k: it is --top; `eptc help infer` tells all flags"#
    ),
    (
      #"infer a.eptb --output-header"#, 64,
      #"--output-header needs --format tsv; `eptc help infer` tells all flags"#
    ),
    (
      #"infer a.eptb --reject 2"#, 64,
      #"--reject must be a probability from 0 to 1; `eptc help infer` tells all flags"#
    ),
    (
      #"infer a.eptb --threshold maybe=0.5"#, 65,
      #"the threshold for maybe is not usable: the labels are: no, yes"#
    ),
    (
      #"eval a.eptb --test unknown.tsv"#, 65,
      #"unknown.tsv:2: unknown label "maybe"; the labels are: no, yes (--unknown-labels wrong "#
        + #"counts such rows as errors)"#
    ),
    (
      #"eval a.eptb --prompt a.eptb"#, 64,
      #"Name the bundle once: a.eptb or --prompt a.eptb; `eptc help eval` tells all flags"#
    ),
    (
      #"eval"#, 64,
      #"Name a bundle: a file.eptb that `eptc tune` wrote; `eptc help eval` tells all flags"#
    ),
    (
      #"eval a.eptb --data elsewhere"#, 66,
      #"no data for task a; looked for: elsewhere/a.tsv; name its folder (--data or EPT_DATA)"#
    ),
    (
      #"fold a.eptb"#, 64,
      #"give --output out.eptb; `eptc help fold` tells all flags"#
    ),
    (
      #"export a.eptb --peft x"#, 65,
      #"a.eptb cannot be used: its low-rank pair changes the text's embeddings, which PEFT's "#
        + #"prompt tuning cannot do; tune with --method pt, or with --rank 0"#
    ),
    (
      #"report a.eptb -o nowhere/x.html"#, 73,
      #"cannot create nowhere/x.html: No such file or directory"#
    ),
    (
      #"tune --steps 1 --train a.tsv --dev a.tsv -o a.eptb"#, 73,
      #"a.eptb exists already; use --force to replace it"#
    ),
  ]

  @Test("Each mistake gets one line that mends it, and writes nothing")
  func everyMistake() throws {
    try TestPaths.withTemporaryFolder { folder in
      try MistakeFiles.write(to: folder)
      let before = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      for mistake in Self.table {
        let run = try CommandLineRun(
          mistake.arguments.split(separator: " ").map(String.init), in: folder)
        #expect(run.status == mistake.status, "\(mistake.arguments)")
        #expect(run.errors == "eptc: \(mistake.line)\n", "\(mistake.arguments)")
        #expect(run.output.isEmpty, "\(mistake.arguments)")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == before)
    }
  }

  @Test("Data that changed under an unfinished run are told")
  func changedData() throws {
    try TestPaths.withTemporaryFolder { folder in
      try MistakeFiles.write(to: folder)
      let tune = [
        "tune", "--train", "a.tsv", "--steps", "400", "--evaluate-every", "1", "-o", "r.eptb",
      ]
      let shell = """
        '\(try CommandLineRun.tool().path)' \(tune.joined(separator: " ")) & run=$!
        until [ -s r.eptb.checkpoint ]; do sleep 0.02; done; kill -9 $run; wait $run; true
        """
      let broken = try CommandLineRun(
        executable: URL(fileURLWithPath: "/bin/bash"), ["-c", shell], in: folder)
      #expect(broken.status == 0, "\(broken.errors)")
      let rows = try String(contentsOfFile: "\(folder)/a.tsv", encoding: .utf8)
      try (rows + "one more film\tyes\n")
        .write(toFile: "\(folder)/a.tsv", atomically: true, encoding: .utf8)
      let run = try CommandLineRun(tune + ["--resume", "--quiet"], in: folder)
      #expect(run.status == 65)
      #expect(
        run.errors
          == "eptc: r.eptb.checkpoint is of a run with other data: a file of rows has changed since; "
          + "put the old rows back, or start over with --force\n")
    }
  }

  @Test("Two label words that a T5 cannot tell apart are both named")
  func sameLabelTokens() throws {
    try TestPaths.withTemporaryFolder { folder in
      try MistakeFiles.write(to: folder)
      // The demonstration's vocabulary has neither sign.
      let rows = (0..<6).map { "a film\t\($0 % 2 == 0 ? "\u{4E00}" : "\u{4E8C}")\n" }.joined()
      try ("text\tlabel\n" + rows)
        .write(toFile: "\(folder)/s.tsv", atomically: true, encoding: .utf8)
      let tune = ["tune", "--steps", "1", "--quiet", "--train", "s.tsv", "--dev", "s.tsv"]
      let run = try CommandLineRun(tune, in: folder)
      #expect(run.status == 65)
      let line = run.errors.split(separator: "\n").last ?? ""
      #expect(
        line
          == "eptc: task s: the tokenizer gives the label words \"\u{4E00}\" and \"\u{4E8C}\" the same "
          + "tokens, so that no answer could tell them apart (--labels digits gives each a number)")
      #expect(try CommandLineRun(tune + ["--labels", "digits"], in: folder).status == 0)
    }
  }
}
