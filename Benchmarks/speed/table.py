#!/usr/bin/env python3
"""Prints Benchmarks/speed.md: the latest measurement of every row in results.jsonl, then notes.md."""

import json
import pathlib
import sys

import rows as table

HERE = pathlib.Path(__file__).resolve().parent
HEADER = """# Speed beside the peers

Two threads, contenders in turns within one run, medians; what counts is the ratio. Ratio: our items a second over
those of the best peer of the row, or our memory over the peer's. Where two bars stand for Intel with
AVX-512 and AMD with AVX2, an AMD processor with AVX-512 is held to the middle. Raw figures with the full command of every
contender: [results.jsonl](speed/results.jsonl).

    swift build -c release --static-swift-stdlib
    Benchmarks/speed/prepare.py WORK --t5-tokenizer DIR --minilm DIR
    Benchmarks/speed/measure.py WORK --data DATA ROW
    Benchmarks/speed/table.py > Benchmarks/speed.md

Peers: CTranslate2 4.8.5, ONNX Runtime 1.32.0, PyTorch 2.13.0, transformers 5.23.0, PEFT 0.21.2, tokenizers 0.23.3;
PyTorch on huge pages and with its heap kept, dropout off, since that is where it is fastest. T5-base has random weights
(speed does not depend on them), MiniLM its own. `texts`: the peer is timed within a process that is warm, ours as a whole
process from start to end. `private` memory leaves out the mapped model file, whose pages all processes share;
`resident` counts everything. `others`: the share of the processors that programs outside the row took meanwhile."""


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
    yield (row.id, row.title, f"{amount(ours['rate'])} {row.unit}", others, f"{ratio:.2f}", f">= {needed:.3g}", ratio >= needed)
    if row.limits:
        seconds, limit = 1 / ours["rate"], bar(row.limits, kind)
        yield ("", "the same, wall time", f"{seconds * 1e3:.1f} ms", f"{1e3 / best['rate']:.0f} ms", "",
               f"<= {limit * 1e3:.0f} ms", seconds <= limit)
    if row.memory_bar:
        which, share = row.memory_bar
        mine, theirs = ours[f"{which}_mb"], peers[0][f"{which}_mb"]
        yield ("", f"the same, {'private' if which == 'private' else 'resident'} memory at its peak", f"{mine} MB",
               f"{peers[0]['name']} {theirs} MB", f"{mine / theirs:.2f}", f"<= {share}", mine <= share * theirs)


def main():
    results = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "results.jsonl"
    latest = {}
    for record in map(json.loads, results.read_text().splitlines()):
        latest[record["processor"]["name"], record["row"]] = record
    print(HEADER)
    nowhere = table.Paths(*map(pathlib.Path, ("WORK", "DATA", "BIN")))
    known = {row.id: row for row in table.rows(nowhere, lines=0)}
    for name in sorted({key[0] for key in latest}):
        records = [latest[name, id] for id in known if (name, id) in latest]
        vectors = ", ".join(records[0]["processor"]["vectors"])
        print(f"\n## {name} ({vectors})\n")
        print("| row | measure | eptc | peers | ratio | bar | | others |\n|---|---|---:|---|---:|---:|---|---:|")
        for record in records:
            for *cells, is_met in lines(known[record["row"]], record):
                others = f"{record['others']:.0%}" if cells[0] else ""
                print("| " + " | ".join(cells) + f" | {'met' if is_met else 'missed'} | {others} |")
    print("\n" + (HERE / "notes.md").read_text(), end="")


if __name__ == "__main__":
    main()
