#!/usr/bin/env python3
"""Makes the table of docs/results.md: 13 tasks, six answers to each, two backbones.

    python Benchmarks/thirteen_tasks/run.py --data DATA --minilm minilm.ept --t5 t5-mini.ept \
        --work FOLDER --results Benchmarks/thirteen_tasks/results.jsonl

One line a cell goes to the results file as soon as the cell is done; what stands there is not run
again, and a run of `eptc tune` that was cut goes on from its checkpoint. So stop it and start it as you
like. Cheap columns come first, then seed by seed, method by method. `table.py` renders the file.

Two cells run at a time (--jobs), each on one thread, and `seconds` is the processor time of the whole command,
evaluations included, which other programs on the machine change little. A cell that was cut has none.

The same for every method: 1 000 steps of 32 texts of at most 128 tokens, or 300 where the official training file
has fewer than 10 000 rows, which 300 steps read about once; validation four times, the best kept; default sizes of
each method, whose prompts have the same budget, l = 100, and its default learning rates, except where another is better
by validation (RATES). Three seeds, but one where MiniLM makes 1 000 steps, since two more there would take another hour
and a half. Rows: rows.py.
Needs eptc (--eptc), `fasttext` of Debian, scikit-learn and SciPy. --prefix is put before every command, such as `nice -n 19`.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import tempfile
import threading

import rows as data_rows

BATCH, LENGTH = 32, 128
STEPS = {"small": 300, "large": 1000}
# Twice the default, by which EPT gains nothing: docs/research/defaults-2026-11.md, "The rate of prompt tuning".
RATES = {("t5-mini", "pt"): ["--prompt-rate", 0.1]}
# Columns that are a method of `eptc tune` with flags. EPT's own column is its prompt, whatever the default is.
VARIANTS = {"ept": ["--method", "ept", "--depth", "none"],
            "depth": ["--method", "ept", "--depth", "all", "--prompt-length", 0]}


def figures(task, predicted, actual):
    """The task's metric as eptc names it; `predicted` and `actual` are texts."""
    from scipy.stats import pearsonr, spearmanr
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef
    if task == "stsb":
        x, y = [float(p) for p in predicted], [float(a) for a in actual]
        if len(set(x)) < 2:
            return {"Pearson": 0.0, "Spearman": 0.0}
        return {"Pearson": pearsonr(x, y)[0], "Spearman": spearmanr(x, y)[0]}
    accuracy = {"accuracy": accuracy_score(actual, predicted)}
    if task == "cola":
        return {"Matthews": matthews_corrcoef(actual, predicted)}
    if task in ("mrpc", "qqp"):
        return {"F1": f1_score(actual, predicted, pos_label="1", zero_division=0), **accuracy}
    if task == "multirc":
        return {"F1a": f1_score(actual, predicted, pos_label="1", zero_division=0)}
    if task == "cb":
        return {"macro F1": f1_score(actual, predicted, average="macro", zero_division=0,
                                     labels=["contradiction", "entailment", "neutral"]), **accuracy}
    return accuracy


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = pathlib.Path(options.work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.results = pathlib.Path(options.results)
        self.data = pathlib.Path(options.data)
        self.small = {task for task in data_rows.TASKS if data_rows.is_small(task, self.data)}
        self.done = set()
        if self.results.exists():
            for line in self.results.read_text().splitlines():
                cell = json.loads(line)
                self.done.add((cell["task"], cell["backbone"], cell["method"], cell["seed"]))
        self.lock = threading.Lock()

    def command(self, *arguments):
        """What the command printed, its status, and the processor time it took in seconds."""
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen([*shlex.split(self.options.prefix), *map(str, arguments)],
                                       stdout=output, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            errors.seek(0)
            return process.returncode, output.read(), errors.read(), usage.ru_utime + usage.ru_stime

    def cell(self, task, backbone, method, seed, make):
        result = make(task, backbone, method, seed)
        if result is None:
            return
        for split in ("validation", "test"):
            result[split] = {name: round(value, 6) for name, value in result[split].items()}
        line = json.dumps({"task": task, "backbone": backbone, "method": method, "seed": seed, **result})
        with self.lock:
            with self.results.open("a") as file:
                file.write(line + "\n")
            print(line, flush=True)

    def split(self, task):
        paths = data_rows.write(task, self.data, self.work)
        return paths, [[json.loads(line) for line in path.open()] for path in paths]

    def majority(self, task, *_):
        _, (train, validation, test) = self.split(task)

        def score(part):
            labels = [self.label(task, row) for row in part]
            best = max(sorted(set(labels)), key=labels.count)
            return figures(task, [best] * len(labels), labels)
        return {"validation": score(validation), "test": score(test),
                "rows": [len(train), len(validation), len(test)], "seconds": 0}

    def label(self, task, row):
        return str(row["label"])

    def fasttext(self, task, *_):
        _, parts = self.split(task)
        fields = data_rows.TASKS[task][1]
        if task == "stsb":
            # Its labels are numbers; the classes are T5's 26.
            classes = [[f"{round(float(row['label']) * 5) / 5:.1f}" for row in part] for part in parts]
        else:
            classes = [[self.label(task, row) for row in part] for part in parts]
        with tempfile.TemporaryDirectory() as folder:
            for index, (part, labels) in enumerate(zip(parts, classes)):
                with open(f"{folder}/{index}", "w") as file:
                    for row, label in zip(part, labels):
                        text = " ".join(" ".join(row[field] for field in fields).split())
                        file.write(f"__label__{label} {text}\n")
            status, _, errors, seconds = self.command(
                "fasttext", "supervised", "-input", f"{folder}/0", "-output", f"{folder}/m",
                "-wordNgrams", 2, "-lr", 0.5, "-thread", 1)
            if status:
                raise SystemExit(f"fasttext: {errors[-500:]}")

            def score(index):
                _, answers, _, _ = self.command("fasttext", "predict", f"{folder}/m.bin", f"{folder}/{index}")
                guesses = [line.removeprefix("__label__") for line in answers.split("\n")[:len(parts[index])]]
                guesses = [guess or classes[0][0] for guess in guesses]
                return figures(task, guesses, [self.label(task, row) for row in parts[index]])
            return {"validation": score(1), "test": score(2), "seconds": round(seconds, 1)}

    def tune(self, task, backbone, method, seed):
        (train, dev, test), _ = self.split(task)
        model = self.options.minilm if backbone == "minilm" else self.options.t5
        steps = STEPS["small" if task in self.small else "large"]
        output = self.work / f"{task}-{backbone}-{method}-{seed}.eptb"
        log = output.with_suffix(".jsonl")
        # The checkpoint goes with the last step; one that is there belongs to a run that was cut.
        seconds = None
        cut = pathlib.Path(f"{output}.checkpoint").exists()
        if cut or not output.exists():
            status, _, errors, spent = self.command(
                self.options.eptc, "tune", "--task", task, "--train", train, "--dev", dev, "--test", test,
                "--model", model, *VARIANTS.get(method, ["--method", method]), "--seed", seed, "--steps", steps, "--batch", BATCH,
                "--input-length", LENGTH, "--evaluate-every", steps // 4, "--output", output, "--log", log,
                "--threads", 1, "--quiet", "--resume", *RATES.get((backbone, method), []),
                *shlex.split(self.options.tune_flags))
            if status == 130:
                raise SystemExit("interrupted")
            if status:
                print(f"{task} {backbone} {method} {seed}: {errors[-500:]}", flush=True)
                return None
            seconds = None if cut else round(spent, 1)
        _, inspected, _, _ = self.command(self.options.eptc, "inspect", output, "--json")
        record = json.loads(inspected)["training"]
        return {"validation": record["validation"], "test": record["test"], "best_step": record["best_step"],
                "parameters": record["settings"]["parameters"],
                "rates": {key: value for key, value in record["settings"].items() if key.endswith("_rate")},
                "seconds": seconds}

    def cells(self):
        """All cells in the order in which they are wanted: (task, backbone, method, seed, what makes it)."""
        tasks = list(data_rows.TASKS)
        for task in tasks:
            yield task, "none", "majority", 0, self.majority
            yield task, "none", "fasttext", 0, self.fasttext
        methods = {"t5-mini": ("pt", "dept", "ept", "depth"), "minilm": ("head", "pt", "dept", "ept", "depth")}
        for seed in (1, 2, 3):
            for backbone in methods:
                for method in methods[backbone]:
                    for task in tasks:
                        if seed == 1 or task in self.small or backbone == "t5-mini":
                            yield task, backbone, method, seed, self.tune

    def run(self):
        only = self.options.only.split()
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            waiting = [pool.submit(self.cell, *cell) for cell in self.cells()
                       if cell[:4] not in self.done and (not only or cell[2] in only)
                       and self.options.backbone in ("", cell[1]) and self.options.seed in (None, cell[3])]
            for one in concurrent.futures.as_completed(waiting):
                one.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "minilm", "t5", "work", "results"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--eptc", default="eptc")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--only", default="", help="columns to make, such as `majority fasttext head`")
    parser.add_argument("--backbone", default="", help="only the cells of t5-mini, or of minilm")
    parser.add_argument("--seed", type=int, help="only the cells of this seed")
    parser.add_argument("--jobs", type=int, default=2, help="cells at a time")
    parser.add_argument("--tune-flags", default="", help="more flags for every `eptc tune`")
    Bench(parser.parse_args()).run()


if __name__ == "__main__":
    main()
