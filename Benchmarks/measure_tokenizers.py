#!/usr/bin/env python3
"""Times eptc's tokenizers against Hugging Face `tokenizers` on one thread, in turns.

    swift build -c release --product eptbench
    Benchmarks/measure_tokenizers.py SST2_TRAIN_TSV FOLDER...

Each folder has a tokenizer.json; gguf_tokenizer.py in fixtures/tokenizers makes one of a real byte-level
BPE, in the forms of SmolLM2 and of Llama 3.

The reference is timed in its own process as `encode_batch` over all lines (no lists are asked for) and
as a loop of `encode`; the better of the two counts. The sides take turns, and the ratio is that of each
round's pair, so that other work on the machine falls on both: the median, the least and the greatest
are told. Needs Python with `tokenizers`.
"""

import os
import pathlib
import statistics
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
            best = {"encode_batch": float("inf"), "encode": float("inf"), "eptc": float("inf")}
            ratios = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                reference.encode_batch(lines)
                middle = time.perf_counter()
                for line in lines:
                    reference.encode(line)
                end = time.perf_counter()
                words = subprocess.check_output(
                    [BENCH, "tokenizers", folder, file.name, "1"], text=True).split()
                ours = float(words[words.index("seconds") + 1])
                ratios.append(min(middle - start, end - middle) / ours)
                for name, seconds in zip(best, (middle - start, end - middle, ours)):
                    best[name] = min(best[name], seconds)
            rates = ", ".join(f"{name} {len(lines) / seconds:,.0f}/s" for name, seconds in best.items())
            print(
                f"{folder.name}: {rates}: {statistics.median(ratios):.1f} times as fast "
                f"({min(ratios):.1f} to {max(ratios):.1f})", flush=True)


if __name__ == "__main__":
    main()
