import EPTTestSupport
import Foundation
import Testing

/// A folder as one has it who makes mistakes: a backbone, a bundle, good rows, and bad ones.
enum MistakeFiles {
  private static let header = "text\tlabel\n"
  private static let rows = (0..<24).map { row in
    let words = row % 2 == 0 ? ["good", "fine", "warm"] : ["bad", "dull", "cold"]
    return "a \(words[row % 3]) film\t\(row % 2 == 0 ? "yes" : "no")\n"
  }.joined()

  private static let texts: KeyValuePairs<String, String> = [
    "a.tsv": header + rows,
    "empty.tsv": "",
    "header.tsv": header,
    "one.tsv": header + "a film\tyes\n",
    "bare.txt": "a good film\na bad film\n",
    "headless.tsv": "review\tverdict\n" + rows,
    "twice.tsv": "text\ttext\tlabel\na\tb\tyes\nc\td\tno\n",
    "pair.tsv": "title\tbody\tlabel\na\tb\tyes\nc\td\tno\n",
    "wide.tsv": header + "a film\twith\tyes\n",
    "short.tsv": header + "a film\n",
    "gap.tsv": header + "a film\tyes\n\na film\tno\n",
    "nan.tsv": header + "a film\tyes\na film\tnan\n",
    "blank.tsv": header + "a film\tyes\na film\t\n",
    "same.tsv": header + "a film\tyes\nb film\tyes\n",
    "scale.tsv": header + "a film\t0.5\nb film\t1\n",
    "unknown.tsv": header + "a film\tmaybe\n",
    "unseen.tsv": header + "a film\tyes\na film\tmaybe\n",
    "ids.tsv": "text\tid\tlabel\n" + (0..<1200).map { "a film\t\($0)\tyes\n" }.joined(),
    "quoted.tsv": header + "\"a\nfilm\"\tyes\n",
    "open.csv": "text,label\n\"a film,yes\nb film,no\n",
    "late.csv": "text,label\n\"a\" film,yes\n",
    "number.jsonl": "{\"text\": 5, \"label\": \"yes\"}\n",
    "list.jsonl": "{\"text\": \"a\", \"label\": [\"yes\", \"no\"]}\n",
    "null.jsonl": "{\"text\": \"a\", \"label\": null}\n",
    "broken.jsonl": "{\"text\": \"a\", \"label\": \"yes\"}\n{\"text\": \"b\" \"label\": \"no\"}\n",
    "pretty.json": "{\n  \"text\": \"a\"\n}\n",
    "cut.json": "[{\"text\": \"a\", \"label\": \"yes\"},\n {\"text\": \"b\"",
    "nanvalue.jsonl": "{\"text\": \"a\", \"label\": NaN}\n",
    "key.jsonl": "{\"body\": \"a\", \"label\": \"yes\", \"title\": \"b\"}\n",
    "multi.txt": "__label__a __label__b a film\n",
    "page.csv": "<!DOCTYPE html>\n<html></html>\n",
    "lfs.csv": "version https://git-lfs.github.com/spec/v1\n",
  ]

  private static let bytes: KeyValuePairs<String, [UInt8]> = [
    "latin.csv": Array("text,label\ncaf".utf8) + [0xE9] + Array(",yes\n".utf8),
    "book.xlsx": [0x50, 0x4B, 0x03, 0x04] + Array("xxxxxxxx".utf8),
    "rows.parquet": Array("PAR1xxxx".utf8),
    "wide.txt": Array((header + rows).utf8).flatMap { [$0, 0] },
    "widest.txt": Array((header + rows).utf8).flatMap { [0, 0, 0, $0] },
    "image.png": [0x89, 0x50, 0x4E, 0x47, 0, 0x0A, 0x1A, 0x0A],
    "weights.txt": Array("yes 2\ncaf".utf8) + [0xE9] + Array(" 1\n".utf8),
    "old.gz": [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0x4B],
  ]

  /// Writes them all to `folder`, converts the demonstration's model and tunes for a step.
  static func write(to folder: String) throws {
    for (name, text) in texts {
      try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }
    for (name, bytes) in bytes { _ = try TestPaths.write(bytes, to: name, in: folder) }
    try Demonstration.copyCheckpoint(to: folder)
    for arguments in [
      ["convert", "model.safetensors"],
      ["tune", "--quiet", "--steps", "1", "--train", "a.tsv", "--dev", "a.tsv", "-o", "a.eptb"],
    ] {
      let run = try CommandLineRun(arguments, in: folder)
      try #require(run.status == 0, "\(run.errors)")
    }
  }
}
