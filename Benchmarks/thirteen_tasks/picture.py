#!/usr/bin/env python3
"""Draws the picture of docs/results.md: the mean score against numbers trained, and against seconds.

    python Benchmarks/thirteen_tasks/picture.py Benchmarks/thirteen_tasks/results.jsonl docs/images

Only tasks that every drawn method has run on count; the picture names how many. A method of which no task has a
time stands in the left half alone. fastText has no fixed number of trained numbers, so it stands in the right half.
"""

import html
import json
import math
import pathlib
import statistics
import sys

from rows import TASKS
from table import score

# In the order in which they are drawn: column, name, and whether it is eptc's own proposal.
METHODS = [
    (("none", "fasttext"), "fastText", False),
    (("minilm", "head"), "linear head", False),
    (("minilm", "pt"), "prompt tuning", False),
    (("minilm", "dept"), "DePT", False),
    (("minilm", "lora"), "LoRA (PyTorch)", False),
    (("minilm", "ept"), "EPT's prompt", True),
    (("minilm", "depth"), "EPT in depth", True),
]
COLOURS = {
    "light": {"page": "#ffffff", "ink": "#1b1c1e", "soft": "#63656b", "line": "#d9d9d4", "own": "#1f66b0", "other": "#8a5a00"},
    "dark": {"page": "#131416", "ink": "#e9e9e6", "soft": "#9fa1a8", "line": "#33363b", "own": "#6cb0f2", "other": "#e0a84a"},
}
WIDTH, HEIGHT = 880, 340
LEFT, TOP, PANEL, TALL, GAP = 56, 34, 360, 250, 60


class Axis:
    """A logarithmic axis that shows whole powers of ten."""

    def __init__(self, values, start, length):
        self.low, self.high = (math.log10(bound) for bound in (min(values) / 1.6, max(values) * 2.2))
        self.start, self.length = start, length

    def place(self, value):
        return self.start + self.length * (math.log10(value) - self.low) / (self.high - self.low)

    def marks(self):
        return [10 ** power for power in range(math.ceil(self.low), math.floor(self.high) + 1)]


def points(cells):
    """(name, own, mean score, numbers or None, seconds or None) a method, and the tasks that count."""
    having = {column: {task for task in TASKS if (task, *column) in cells} for column, _, _ in METHODS}
    drawn = [method for method in METHODS if len(having[method[0]]) > len(TASKS) // 2]
    tasks = [task for task in TASKS if all(task in having[column] for column, _, _ in drawn)]
    found = []
    for column, name, own in drawn:
        of_task = [list(cells[task, *column].values()) for task in tasks]
        mean = statistics.mean(statistics.mean(score(cell["test"]) for cell in seeds) for seeds in of_task)
        numbers = [cell["parameters"] for seeds in of_task for cell in seeds if "parameters" in cell]
        times = [[cell["seconds"] for cell in seeds if cell["seconds"] is not None] for seeds in of_task]
        seconds = statistics.mean(map(statistics.mean, times)) if all(times) else None
        found.append((name, own, mean, statistics.median(numbers) if numbers else None, seconds))
    return found, tasks


def panel(found, which, start, title, colours, low, high):
    """The lines of SVG of one half; `which` is the place of its x in a point."""
    shown = [point for point in found if point[which] is not None]
    axis = Axis([point[which] for point in shown], start, PANEL)

    def height(value):
        return TOP + TALL * (high - value) / (high - low)

    lines = [f'<text x="{start}" y="{TOP - 14}" fill="{colours["ink"]}" font-weight="600">{html.escape(title)}</text>']
    for value in range(low, high + 1, 5):
        y = height(value)
        lines.append(f'<line x1="{start}" x2="{start + PANEL}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colours["line"]}"/>')
        lines.append(f'<text x="{start - 8}" y="{y + 4:.1f}" fill="{colours["soft"]}" text-anchor="end">{value}</text>')
    for value in axis.marks():
        x = axis.place(value)
        lines.append(f'<text x="{x:.1f}" y="{TOP + TALL + 18}" fill="{colours["soft"]}" text-anchor="middle">{value:,}</text>')
    taken = []
    for name, own, mean, *rest in sorted(shown, key=lambda point: -point[2]):
        x, y = axis.place(rest[which - 3]), height(mean)
        colour = colours["own" if own else "other"]
        # A name goes to the left of a point in the right half; names that would touch move down.
        right = x < start + 0.6 * PANEL
        at = y + 4
        while any(abs(at - other) < 14 and side == right and abs(x - near) < 150 for other, side, near in taken):
            at += 3
        taken.append((at, right, x))
        weight = ' font-weight="600"' if own else ""
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>' if own else (
            f'<rect x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9" fill="{colour}"/>')
        lines.append(shape)
        lines.append(f'<text x="{x + (10 if right else -10):.1f}" y="{at:.1f}" fill="{colours["ink"]}"{weight} '
                     f'text-anchor="{"start" if right else "end"}">{html.escape(name)} {mean:.1f}</text>')
    return lines


def main():
    cells = {}
    for line in open(sys.argv[1], encoding="utf-8"):
        cell = json.loads(line)
        cells.setdefault((cell["task"], cell["backbone"], cell["method"]), {})[cell["seed"]] = cell
    found, tasks = points(cells)
    scores = [point[2] for point in found]
    low, high = 5 * math.floor(min(scores) / 5), 5 * math.ceil((max(scores) + 1) / 5)
    what = f"all-MiniLM-L6-v2, mean dev score of {len(tasks)} tasks"
    for scheme, colours in COLOURS.items():
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="12"><title>{what}</title>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colours["page"]}"/>',
            *panel(found, 3, LEFT, "against numbers trained", colours, low, high),
            *panel(found, 4, LEFT + PANEL + GAP, "against processor seconds a task", colours, low, high),
            f'<text x="{LEFT}" y="{HEIGHT - 12}" fill="{colours["soft"]}">{what}; round: eptc\'s own methods</text>',
            "</svg>",
        ]
        pathlib.Path(sys.argv[2], f"thirteen-tasks-{scheme}.svg").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
