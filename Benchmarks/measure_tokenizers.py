#!/usr/bin/env python3
"""Times eptc's tokenizers against Hugging Face `tokenizers` on one thread, in turns.

    swift build -c release --product eptbench
    Benchmarks/measure_tokenizers.py SST2_TRAIN_TSV FOLDER...

The reference is timed in its own process as `encode_batch` over all lines (no lists are asked for) and
as a loop of `encode`; the better of the two counts. Rounds alternate, the best of each side counts,
so that other work on the machine falls on both. Needs Python with `tokenizers`.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
import tokenizers  # noqa: E402

BENCH = pathlib.Path(__file__).resolve().parents[1] / ".build" / "release" / "eptbench"
ROUNDS = 5


def main():
    table, *folders = map(pathlib.Path, sys.argv[1:])
    lines = [row.split("\t")[0] for row in table.read_text().split("\n")[1:] if row]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        print(f"{len(lines)} lines, tokenizers {tokenizers.__version__}, one thread, best of {ROUNDS}")
        for folder in folders:
            reference = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
            reference.no_truncation()
            reference.no_padding()
            batch = loop = ours = float("inf")
            for _ in range(ROUNDS):
                start = time.perf_counter()
                reference.encode_batch(lines)
                batch = min(batch, time.perf_counter() - start)
                start = time.perf_counter()
                for line in lines:
                    reference.encode(line)
                loop = min(loop, time.perf_counter() - start)
                words = subprocess.check_output(
                    [BENCH, "tokenizers", folder, file.name, "1"], text=True).split()
                ours = min(ours, float(words[words.index("seconds") + 1]))
            count = len(lines)
            print(
                f"{folder.name}: encode_batch {count / batch:,.0f}/s, encode {count / loop:,.0f}/s, "
                f"eptc {count / ours:,.0f}/s: {min(batch, loop) / ours:.1f} times as fast")


if __name__ == "__main__":
    main()
