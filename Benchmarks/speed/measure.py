#!/usr/bin/env python3
"""Measures eptc beside its peers: one row of the table, some, or all.

    Benchmarks/speed/prepare.py WORK --t5-tokenizer DIR --minilm DIR    # once
    Benchmarks/speed/measure.py WORK --data DATA [ROW...] [--again]     # writes Benchmarks/speed/results.jsonl
    Benchmarks/speed/table.py > Benchmarks/speed.md

Contenders of a row stand side by side and take turns, round by round, so that other work on the machine falls
on all of them; a pause parts their rounds. Rows that are measured already on this processor are left out unless --again.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import sys
import time

import settings
import rows as table
from contender import Running

# Seconds before each round, until the threads of the contender before have ceased to spin: OpenMP's do so
# for up to 0.2 s, and would take a processor from the next one.
PAUSE = 0.4
RESULTS = pathlib.Path(__file__).resolve().parent / "results.jsonl"


def processor():
    """The processor's name and what decides its class: its vector instructions."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().split("\n")
    field = lambda name: next(line.split(":")[1].strip() for line in lines if line.startswith(name))
    flags = field("flags").split()
    name, family = field("model name"), int(field("cpu family"))
    if "AMD" in name:
        name += {23: " (Zen 2)", 25: " (Zen 3 or 4)", 26: " (Zen 5)"}.get(family, "")
    kinds = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8") if flag in flags]
    kind = "B" if "avx512_vnni" not in flags else ("C" if "AMD" in name else "A")
    return {"name": name, "vectors": kinds, "class": kind}


def busy_elsewhere(work):
    """Runs `work`; its result, and the share of the processors' time that other programs took meanwhile."""
    def snapshot():
        ticks = list(map(int, pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]))
        return sum(ticks) - ticks[3] - ticks[4], sum(ticks), sum(os.times()[:4]) * os.sysconf("SC_CLK_TCK")
    before = snapshot()
    result = work()
    busy, total, own = (after - start for after, start in zip(snapshot(), before))
    return result, round(max(0, busy - own) / max(1, total), 3)


def portable(command, places):
    """The command with names in place of this machine's folders."""
    for place, name in places.items():
        command = command.replace(str(place), name)
    return command


def measure(row, rounds, places):
    """Runs the row's contenders in turns; one record each."""
    contenders = [row.ours, *row.peers]
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(Running(contender)) for contender in contenders]
        for _ in range(row.warm_ups):
            for one in running:
                one.round()
        timed = [[] for _ in running]
        for _ in range(rounds or row.rounds):
            for one, times in zip(running, timed):
                time.sleep(PAUSE)
                times.append(one.round())
    records = []
    for one, times in zip(running, timed):
        contender = one.contender
        records.append({
            "name": contender.name, "ours": contender.is_ours, "command": portable(contender.text(), places),
            "seconds": [round(seconds, 5) for seconds, _ in times], "items": times[0][1],
            "rate": statistics.median(items / seconds for seconds, items in times),
            "private_mb": round(one.private), "peak_mb": round(one.peak),
        })
    return records


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("work", type=pathlib.Path, help="the folder that prepare.py filled")
    parser.add_argument("rows", nargs="*", help="rows to measure; without: all")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the folder that holds SST-2")
    parser.add_argument("--binaries", type=pathlib.Path, default=table.ROOT / ".build/release")
    parser.add_argument("--rounds", type=int, help="instead of each row's own number")
    parser.add_argument("--again", action="store_true", help="measure rows that are there already")
    parser.add_argument("--list", action="store_true", help="list the rows")
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS)
    args = parser.parse_intermixed_args()
    paths = table.Paths(args.work, args.data, args.binaries)
    every = table.rows(paths, paths.prepare())
    places = {args.work: "WORK", args.data: "DATA", args.binaries: "BIN", table.HERE: "Benchmarks/speed",
              sys.executable: "python"}
    if args.list:
        print("\n".join(f"{row.id:18} {row.title}" for row in every))
        return
    unknown = set(args.rows) - {row.id for row in every}
    if unknown:
        sys.exit(f"measure.py: no row {', '.join(sorted(unknown))}; --list shows them")
    machine = processor()
    done = set()
    if args.results.exists() and not args.again:
        records = map(json.loads, args.results.read_text().splitlines())
        done = {record["row"] for record in records if record["processor"] == machine}
    for row in every:
        if (args.rows and row.id not in args.rows) or row.id in done:
            continue
        started = time.time()
        records, others = busy_elsewhere(lambda: measure(row, args.rounds, places))
        with open(args.results, "a") as file:
            file.write(json.dumps({"row": row.id, "processor": machine, "others": others, "contenders": records}) + "\n")
        print(f"{row.id}: {time.time() - started:.0f} s, {others:.0%} of the processors busy with other programs")
        for record in records:
            print(f"  {record['name']:28} {record['rate']:9.2f} {row.unit:12}"
                  f" private {record['private_mb']} MB, peak {record['peak_mb']} MB")
        print(f"  ratio {records[0]['rate'] / max(r['rate'] for r in records[1:]):.2f}", flush=True)


if __name__ == "__main__":
    main()
