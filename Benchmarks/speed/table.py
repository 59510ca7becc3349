#!/usr/bin/env python3
"""Prints Benchmarks/speed.md from the latest measurement of every row in results.jsonl."""

import json
import pathlib
import sys

import rows as table

HERE = pathlib.Path(__file__).resolve().parent


def bar(pair, kind):
    """The bar on this kind of processor; on AMD with AVX-512 half-way between the two."""
    return {"A": pair[0], "B": pair[1], "C": (pair[0] + pair[1]) / 2}[kind]


def amount(value):
    return f"{value:,.0f}".replace(",", " ") if value >= 1000 else f"{value:.3g}"


def lines(row, record):
    """The table lines of one row: speed, then time or memory where there is a bar on it."""
    kind = record["processor"]["class"]
    ours, *peers = record["contenders"]
    best = max(peers, key=lambda peer: peer["rate"])
    ratio, needed = ours["rate"] / best["rate"], bar(row.bars, kind)
    others = "; ".join(f"{peer['name']} {amount(peer['rate'])}" for peer in peers)
    yield (row.title, f"{amount(ours['rate'])} {row.unit}", others, f"{ratio:.2f}", f">= {needed:.3g}", ratio >= needed)
    if row.limits:
        seconds, limit = 1 / ours["rate"], bar(row.limits, kind)
        yield (f"the same, wall time", f"{seconds * 1e3:.1f} ms", f"{1e3 / best['rate']:.0f} ms", "",
               f"<= {limit * 1e3:.0f} ms", seconds <= limit)
    if row.memory_bar:
        which, share = row.memory_bar
        mine, theirs = ours[f"{which}_mb"], peers[0][f"{which}_mb"]
        yield (f"the same, {'private' if which == 'private' else 'resident'} memory at its peak", f"{mine} MB",
               f"{peers[0]['name']} {theirs} MB", f"{mine / theirs:.2f}", f"<= {share}", mine <= share * theirs)


def main():
    results = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "results.jsonl"
    latest = {}
    for record in map(json.loads, results.read_text().splitlines()):
        latest[record["processor"]["name"], record["row"]] = record
    known = {row.id: row for row in table.rows(table.Paths(pathlib.Path("WORK"), pathlib.Path("DATA"), pathlib.Path("")))}
    for name in sorted({key[0] for key in latest}):
        records = [latest[name, id] for id in known if (name, id) in latest]
        vectors = ", ".join(records[0]["processor"]["vectors"])
        print(f"\n## {name} ({vectors})\n")
        print("| measure | eptc | peers | ratio | bar | |\n|---|---:|---|---:|---:|---|")
        for record in records:
            for *cells, is_met in lines(known[record["row"]], record):
                print("| " + " | ".join(cells) + f" | {'met' if is_met else 'missed'} |")


if __name__ == "__main__":
    main()
