#!/usr/bin/env python3
"""Tunes on SST-2 in int8 and in f32 with three seeds and compares the accuracy on the dev rows.

    Benchmarks/speed/accuracy.py WORK --data DATA --minilm DIR --t5-mini DIR

400 steps of 32, as in docs/results.md, on the f32 file, of which int8 quantises the matrices when it
opens it. Runs that are in accuracy.jsonl already are left
out, so it may be stopped at any time.
"""

import argparse
import json
import pathlib
import statistics
import subprocess

import settings

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULTS = HERE / "accuracy.jsonl"
SEEDS = (1, 2, 3)
PRECISIONS = ("f32", "int8")
FLAGS = {
    "minilm": ["--rank", "24", "--prompt-rate", "2e-3", "--low-rank-rate", "1e-3", "--subspace-rate", "2e-3"],
    "t5-mini": ["--rank", "16", "--prompt-rate", "0.05", "--low-rank-rate", "5e-3", "--subspace-rate", "5e-3"],
}


def accuracy(bundle, eptc):
    """The bundle's accuracy on the dev rows, in points."""
    text = subprocess.run([eptc, "inspect", "--json", bundle], check=True, capture_output=True, text=True).stdout
    return 100 * json.loads(text)["training"]["test"]["accuracy"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--minilm", type=pathlib.Path, required=True)
    parser.add_argument("--t5-mini", type=pathlib.Path, required=True)
    parser.add_argument("--eptc", type=pathlib.Path, default=ROOT / ".build/release/eptc")
    args = parser.parse_args()
    records = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []
    known = {(record["model"], record["precision"], record["seed"]): record["accuracy"] for record in records}
    for model, folder in (("minilm", args.minilm), ("t5-mini", args.t5_mini)):
        file = args.work / f"{model}-f32.ept"
        if not file.exists():
            subprocess.run([args.eptc, "convert", folder, "--encoding", "f32", "--output", file], check=True)
        for seed in SEEDS:
            for precision in PRECISIONS:
                if (model, precision, seed) in known:
                    continue
                bundle = args.work / f"accuracy-{model}-{precision}-{seed}.eptb"
                command = [
                    args.eptc, "tune", "--task", "sst2", "--model", file, "--data", args.data, "--steps", "400",
                    "--seed", str(seed), "--precision", precision, "--threads", str(settings.THREADS),
                    "--output", bundle, "--force", "--quiet", *FLAGS[model]]
                subprocess.run(command, check=True)
                value = known[model, precision, seed] = accuracy(bundle, args.eptc)
                print(model, precision, seed, f"{value:.2f}", flush=True)
                with open(RESULTS, "a") as results:
                    results.write(json.dumps({
                        "model": model, "precision": precision, "seed": seed, "accuracy": value,
                        "command": " ".join(map(str, command))}) + "\n")
        means = {p: statistics.mean(known[model, p, seed] for seed in SEEDS) for p in PRECISIONS}
        print(f"{model}: " + ", ".join(f"{p} {mean:.2f}" for p, mean in means.items())
              + f", difference {means['int8'] - means['f32']:+.2f}")


if __name__ == "__main__":
    main()
