#!/usr/bin/env python3
"""Tunes on SST-2 with several seeds and compares the accuracy on the dev rows.

    Benchmarks/speed/accuracy.py WORK --data DATA --minilm DIR --t5-mini DIR

Two kinds of run: 400 steps of 32 with the flags of docs/research/results-2026-11.md, and 1000 steps with default settings, since t5-mini's
short runs differ more by chance than the bar allows. Each seed is tuned

- in f32 and in int8 on the f32 file, of which int8 quantises the matrices when it opens it;
- on the q8 file as a user would, with int8 products.

The bundle tuned in f32 is then scored with every conversion: q8 and q4 as eptc computes with them, and q8 with its
weights decoded to binary32. Runs that are in accuracy.jsonl already are left out, so it may be stopped at any time.
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
# What is tuned on which file, and what the bundle tuned in f32 is scored with.
TUNED = {"f32": ("f32", "f32"), "int8": ("f32", "int8"), "on q8": ("q8", "int8")}
SCORED = {"q8": ("q8", "int8"), "q8 decoded": ("q8", "f32"), "q4": ("q4", "int8")}
SHORT, DEFAULT = "400 steps, flags", "1000 steps, defaults"
KINDS = [(model, kind) for model in ("minilm", "t5-mini") for kind in (SHORT, DEFAULT)]
FLAGS = {
    "minilm": ["--rank", "24", "--subspace-width", "4", "--fusion-scale", "1", "--prompt-rate", "2e-3",
               "--low-rank-rate", "1e-3", "--subspace-rate", "2e-3", "--head-rate", "3e-3"],
    "t5-mini": ["--rank", "16", "--subspace-width", "4", "--prompt-rate", "0.05", "--low-rank-rate", "5e-3",
                "--subspace-rate", "5e-3"],
}


class Runs:
    """What has been measured, by model, kind of run, variant and seed, and the means to measure more."""

    def __init__(self, args):
        self.args = args
        records = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []
        self.known = {(r["model"], r["run"], r["variant"], r["seed"]): r["accuracy"] for r in records}

    def eptc(self, *words):
        return subprocess.run([self.args.eptc, *words], check=True, capture_output=True, text=True).stdout

    def file(self, model, encoding):
        file = self.args.work / f"{model}-{encoding}.ept"
        if not file.exists():
            self.eptc("convert", vars(self.args)[model.replace("-", "_")], "--encoding", encoding, "--output", file)
        return file

    def tune(self, model, kind, variant, seed):
        encoding, precision = TUNED[variant]
        steps = kind.split()[0]
        flags = ["--prompt-length", "40", *FLAGS[model]] if kind == SHORT else ["--depth", "none"]
        bundle = self.args.work / f"accuracy-{model}-{steps}-{variant.replace(' ', '-')}-{seed}.eptb"
        if not bundle.exists():
            self.eptc(
                "tune", "--task", "sst2", "--model", self.file(model, encoding), "--data", self.args.data,
                "--steps", steps, "--seed", str(seed), "--precision", precision,
                "--threads", str(settings.THREADS), *flags, "--output", bundle, "--force", "--quiet")
        self.score(model, kind, variant, seed, bundle, encoding, precision)
        return bundle

    def score(self, model, kind, variant, seed, bundle, encoding, precision):
        if (model, kind, variant, seed) in self.known:
            return
        report = json.loads(self.eptc(
            "eval", "--prompt", bundle, "--model", self.file(model, encoding), "--data", self.args.data,
            "--precision", precision, "--threads", str(settings.THREADS), "--json"))
        value = self.known[model, kind, variant, seed] = 100 * report["metric"]["accuracy"]
        print(model, kind, variant, seed, f"{value:.2f}", f"{report['loss']:.4f}", flush=True)
        with open(RESULTS, "a") as results:
            results.write(json.dumps({"model": model, "run": kind, "variant": variant, "seed": seed,
                                      "accuracy": value, "loss": report["loss"]}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--minilm", type=pathlib.Path, required=True)
    parser.add_argument("--t5-mini", type=pathlib.Path, required=True)
    parser.add_argument("--only", choices=("minilm", "t5-mini"))
    parser.add_argument("--eptc", type=pathlib.Path, default=ROOT / ".build/release/eptc")
    runs = Runs(parser.parse_args())
    kinds = [kind for kind in KINDS if not runs.args.only or kind[0] == runs.args.only]
    for variant in TUNED:
        for seed in SEEDS:
            for model, kind in kinds:
                scored = SCORED if variant == "f32" else ()
                if all((model, kind, name, seed) in runs.known for name in (variant, *scored)):
                    continue
                bundle = runs.tune(model, kind, variant, seed)
                for name in scored:
                    runs.score(model, kind, name, seed, bundle, *SCORED[name])
    for model, kind in kinds:
        print(f"\n| {model}, {kind} | " + " | ".join(f"seed {seed}" for seed in SEEDS) + " | mean | from f32 |")
        print("|---|" + "---:|" * (len(SEEDS) + 2))
        reference = statistics.mean(runs.known[model, kind, "f32", seed] for seed in SEEDS)
        for variant in [*TUNED, *SCORED]:
            values = [runs.known[model, kind, variant, seed] for seed in SEEDS]
            mean = statistics.mean(values)
            print(f"| {variant} | " + " | ".join(f"{value:.2f}" for value in values)
                  + f" | {mean:.2f} | {mean - reference:+.2f} |")


if __name__ == "__main__":
    main()
