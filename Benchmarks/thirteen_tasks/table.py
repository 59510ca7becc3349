#!/usr/bin/env python3
"""Renders the results of run.py as Markdown: python table.py results.jsonl [rates.jsonl]

rates.jsonl holds the cells with the other of two learning rates of the prompt.
"""

import json
import statistics
import sys

from rows import METRICS, TASKS

COLUMNS = {
    "minilm": [("none", "majority"), ("none", "fasttext"), ("minilm", "head"), ("minilm", "pt"),
               ("minilm", "dept"), ("minilm", "ept"), ("minilm", "depth")],
    "t5-mini": [("none", "majority"), ("none", "fasttext"), ("t5-mini", "pt"), ("t5-mini", "dept"),
                ("t5-mini", "ept")],
}
NAMES = {"majority": "majority", "fasttext": "fastText", "head": "linear probe", "pt": "PT, l = 100",
         "dept": "DePT", "ept": "EPT", "depth": "EPT in depth"}


def score(figures):
    """A task's figures as one number: their mean, times 100, as GLUE has it."""
    return 100 * sum(figures.values()) / len(figures)


def rates(backbone, cells):
    """Prints the methods that have cells with several learning rates of the prompt on `backbone`, by rate."""
    scores = {}  # by method, rate and task: one pair (validation, dev) a seed
    for cell in cells:
        if cell["backbone"] == backbone and cell["method"] != "head":
            by_rate = scores.setdefault(cell["method"], {}).setdefault(cell["rates"]["prompt_rate"], {})
            by_rate.setdefault(cell["task"], []).append((score(cell["validation"]), score(cell["test"])))
    # By method: its rates in rising order, each with the mean (validation, dev) of every task.
    means = {method: [(rate, {task: tuple(map(statistics.mean, zip(*seeds))) for task, seeds in by_task.items()})
                      for rate, by_task in sorted(scores[method].items())]
             for method in NAMES if len(scores.get(method, {})) > 1}
    columns = [(f"{NAMES[method]}, {rate:.2g}", by_task) for method in means for rate, by_task in means[method]]

    def row(name, pairs):
        print(f"| {name} | " + " | ".join(f"{first:.1f} / {second:.1f}" for first, second in pairs) + " |")

    print(f"### {backbone}: validation / dev by the prompt's learning rate\n")
    print("| task | " + " | ".join(name for name, _ in columns) + " |")
    print("|---|" + "---:|" * len(columns))
    for task in TASKS:
        row(task, [by_task[task] for _, by_task in columns])
    row(f"mean of {len(TASKS)}", [map(statistics.mean, zip(*by_task.values())) for _, by_task in columns])
    print()
    for method, by_rate in means.items():
        chosen = [max((by_task[task] for _, by_task in by_rate), key=lambda pair: pair[0]) for task in TASKS]
        dev = statistics.mean(dev for _, dev in chosen)
        print(f"{NAMES[method]} with each task's better rate by validation: {dev:.1f}.  ")
    print()


def main():
    files = [[json.loads(line) for line in open(path)] for path in sys.argv[1:]]
    cells = {}
    for cell in files[0]:
        cells.setdefault((cell["task"], cell["backbone"], cell["method"]), {})[cell["seed"]] = cell

    def get(task, column, split="test"):
        found = cells.get((task, *column), {})
        return [score(cell[split]) for _, cell in sorted(found.items())]

    def shown(values):
        if not values:
            return "–"
        deviation = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
        return f"{statistics.mean(values):.1f}{deviation}"

    for backbone, columns in COLUMNS.items():
        print(f"### {backbone}: dev score\n")
        print("| task | metric | train rows | " + " | ".join(NAMES[m] for _, m in columns) + " |")
        print("|---|---|---:|" + "---:|" * len(columns))
        # Columns that have not run on all tasks have a mean of their own below, over the tasks that all have.
        whole = [column for column in columns if all(get(task, column) for task in TASKS)]
        for task in TASKS:
            majority = cells.get((task, "none", "majority"), {}).get(0, {})
            print(f"| {task} | {METRICS.get(task, 'accuracy')} | {majority.get('rows', ['–'])[0]} | "
                  + " | ".join(shown(get(task, column)) for column in columns) + " |")
        complete = list(TASKS) if whole else []
        shared = [task for task in TASKS if all(get(task, column) for column in columns)]
        for tasks, having in ((complete, whole), (shared, columns)):
            if tasks and (tasks is complete or len(tasks) < len(complete)):
                means = [f"{statistics.mean(statistics.mean(get(task, column)) for task in tasks):.1f}"
                         if column in having else "–" for column in columns]
                print(f"| mean of {len(tasks)} | | | " + " | ".join(means) + " |")
        print()
        methods = [column for column in columns if column[0] == backbone]
        ept = (backbone, "ept")
        for other in columns:
            if other == ept or other not in whole:
                continue
            gains = [statistics.mean(get(task, ept)) - statistics.mean(get(task, other)) for task in complete]
            better, same = sum(gain > 0 for gain in gains), sum(gain == 0 for gain in gains)
            # The standard error of the difference, from the spread over seeds; one seed tells none.
            runs = [get(task, column) for task in complete for column in (ept, other)]
            error = ""
            if all(len(values) > 1 for values in runs):
                squares = sum(statistics.variance(values) / len(values) for values in runs)
                error = f" ± {squares ** 0.5 / len(complete):.1f}"
            print(f"EPT against {NAMES[other[1]]}: {statistics.mean(gains):+.1f}{error} points on average, "
                  f"better in {better} and equal in {same} of {len(complete)} tasks.  ")
        print(f"\n### {backbone}: validation score / seconds of one processor\n")
        print("| task | " + " | ".join(NAMES[m] for _, m in methods) + " |")
        print("|---|" + "---:|" * len(methods))
        for task in TASKS:
            row = []
            for column in methods:
                found = list(cells.get((task, *column), {}).values())
                # A cell that was cut and taken up again has no time.
                times = [cell["seconds"] for cell in found if cell["seconds"] is not None]
                seconds = f" / {statistics.mean(times):.0f} s" if times else ""
                row.append(shown(get(task, column, "validation")) + seconds)
            if any(cell != "–" for cell in row):
                print(f"| {task} | " + " | ".join(row) + " |")
        print()
    if len(files) > 1:
        for backbone in COLUMNS:
            rates(backbone, sum(files, []))


if __name__ == "__main__":
    main()
