#!/usr/bin/env python3
"""Measures the backbone format: sizes, conversion beside CTranslate2, opening, sharing, decoding.

    swift build -c release --product eptc && swift build -c release --product eptbench
    Benchmarks/measure_format.py MINILM_FOLDER T5_BASE_FOLDER WORK

MINILM_FOLDER is sentence-transformers' all-MiniLM-L6-v2; T5_BASE_FOLDER any checkpoint of T5-base's shape
(`Benchmarks/speed/prepare.py` makes a random one). WORK takes 2 GB and should be in memory
(/dev/shm), so that no disk is measured. Runs of both sides alternate, the best of each counts. Needs Python with
`torch`, `safetensors`, `transformers` and, for the comparison, `ctranslate2`.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

BUILD = pathlib.Path(__file__).resolve().parents[1] / ".build" / "release"
ROUNDS = 5
FIRST = "encoder.block.0.layer.0.SelfAttention.q.weight"
LARGEST = "shared.weight"
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)


def run(*command):
    """Seconds, peak resident bytes, and what it printed."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return time.perf_counter() - start, usage.ru_maxrss * 1024, output


def convert(source, target, encoding, *more):
    # Freeing a file that is replaced would be counted too.
    target.unlink(missing_ok=True)
    return run(BUILD / "eptc", "convert", source, "--encoding", encoding, "--output", target, "--force", *more)


def fields(output):
    words = output.split()
    return dict(zip(words[::2], map(float, words[1::2])))


def bf16_copy(source, folder):
    import safetensors.torch
    import torch
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    path = folder / "model.safetensors"
    path.chmod(0o644)
    tensors = safetensors.torch.load_file(path)
    safetensors.torch.save_file(
        {name: t.to(torch.bfloat16) if t.is_floating_point() else t for name, t in tensors.items()}, path)
    return folder


def sizes(minilm, work):
    print("## Sizes, all-MiniLM-L6-v2\n\n| file | bytes | of the safetensors file | of the same, all-in |")
    print("|---|---:|---:|---:|")
    half = bf16_copy(minilm, work / "minilm-bf16")
    for source, encoding in [(minilm, "q8"), (minilm, "q4"), (minilm, "f16"), (minilm, "lossless"), (half, "lossless")]:
        target = work / "size.ept"
        convert(source, target, encoding)
        whole = (source / "model.safetensors").stat().st_size
        sources = whole + sum((source / name).stat().st_size for name in ("config.json", "tokenizer.json"))
        label = encoding + (" of the bf16 cast" if source is half else "")
        size = target.stat().st_size
        print(f"| {label} | {size} | {size / whole:.3f} | {size / sources:.3f} |")
        if encoding == "lossless":
            check_equal(target, source / "model.safetensors")


def check_equal(ept, safetensors):
    """Every tensor of `ept` has the bits that `safetensors` has."""
    process = subprocess.run(
        [BUILD / "eptc", "inspect", ept, "--diff", safetensors, "--json"], capture_output=True, text=True)
    verdicts = [row["verdict"] for row in json.loads(process.stdout)["tensors"]]
    assert set(verdicts) <= {"same", "equal", "only in the second"}, set(verdicts)


def conversion(t5, work):
    weights = t5 / "model.safetensors"
    size = weights.stat().st_size
    best = {}

    def note(name, result):
        if name not in best or result[0] < best[name][0]:
            best[name] = result

    for _ in range(ROUNDS):
        note("`cat` to /dev/null", run("sh", "-c", f"cat {weights} > /dev/null"))
        note("`cat` into a pipe, to `wc -c`", run("sh", "-c", f"cat {weights} | wc -c"))
        note("`cp`", run("cp", weights, work / "copy"))
        os.unlink(work / "copy")
        note("`sha256sum`", run("sha256sum", weights))
        for encoding in ("q8", "q4", "lossless"):
            note(f"eptc {encoding}", convert(t5, work / "t5.ept", encoding))
        note("eptc q8, one thread", convert(t5, work / "t5.ept", "q8", "--threads", "1"))
    ct2 = shutil.which("ct2-transformers-converter", path=f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}")
    for _ in range(2):
        note("ct2-transformers-converter int8", run(
            ct2, "--model", t5, "--output_dir", work / "ct2", "--quantization", "int8", "--force"))
    shutil.rmtree(work / "ct2")
    print(f"\n## Conversion, T5-base shape ({size / 1e6:.0f} MB f32)\n")
    print("| what | seconds | GB/s read | times eptc q8 | peak resident MB |\n|---|---:|---:|---:|---:|")
    ours = best["eptc q8"][0]
    for name, (seconds, peak, _) in best.items():
        print(f"| {name} | {seconds:.2f} | {size / seconds / 1e9:.2f} | {seconds / ours:.2f} | {peak / 1e6:.0f} |")


class Opened:
    """An eptbench that has opened a file and waits."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [BUILD / "eptbench", *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = fields(self.process.stdout.readline())

    def memory(self, path=""):
        """Megabytes by the system's account, of the mapping of `path` or of all."""
        total, counted = {}, not path
        for line in open(f"/proc/{self.process.pid}/smaps"):
            key, *rest = line.split()
            if not key.endswith(":"):
                counted = line.rstrip().endswith(str(path))
            elif counted and rest[-1] == "kB":
                total[key[:-1]] = total.get(key[:-1], 0) + int(rest[0]) * 1024 / 1e6
        return total

    def end(self):
        self.process.communicate()


def opening(t5, work):
    target = work / "t5.ept"
    convert(t5, target, "q8")
    print(f"\n## Opening, T5-base shape, q8 ({target.stat().st_size / 1e6:.0f} MB), pages in memory\n")
    print("| until it can be used | ms | private (anonymous) MB of the process | MB of the file mapped |")
    print("|---|---:|---:|---:|")
    for name in (FIRST, LARGEST):
        best = None
        for _ in range(2 * ROUNDS):
            opened = Opened("open", target, name)
            one = opened.said["open_ms"], opened.memory()["Anonymous"], opened.memory(target)["Rss"]
            opened.end()
            best = min(best or one, one)
        print("| `%s` | %.2f | %.1f | %.1f |" % (name, *best))
    print("\n| two processes that have checked all | MB of the file mapped | of them shared | private |")
    print("|---|---:|---:|---:|")
    pair = [Opened("check", target) for _ in range(2)]
    for number, one in enumerate(pair):
        memory = one.memory(target)
        print(f"| {number + 1} | {memory['Rss']:.1f} | {memory['Shared_Clean'] + memory['Shared_Dirty']:.1f} | "
              f"{memory['Private_Clean'] + memory['Private_Dirty']:.1f} |")
    for one in pair:
        one.end()
    checks = []
    for _ in range(2 * ROUNDS):
        checks.append(Opened("check", target))
        checks[-1].end()
    said = min((one.said for one in checks), key=lambda said: said["check_ms"])
    print(f"\nChecking all tensors of a fresh mapping, two threads: {said['check_ms']:.1f} ms, "
          f"{said['bytes'] / said['check_ms'] / 1e6:.1f} GB/s.")


def decoding(t5, work):
    print("\n## Decoding lossless files\n\n| file | decoded GB/s, first use | decoded GB/s, checked before |\n|---|---:|---:|")
    half = work / "t5-bf16"
    if not half.exists():
        bf16_copy(t5, half)
    for label, source in (("T5-base shape, f32", t5), ("T5-base shape, bf16", half)):
        convert(source, work / "t5.ept", "lossless")
        result = fields(run(BUILD / "eptbench", "decode", work / "t5.ept", ROUNDS)[2])
        print(f"| {label} | {result['first_gb_s']:.2f} | {result['decode_gb_s']:.2f} |")


def main():
    minilm, t5, work = map(pathlib.Path, sys.argv[1:])
    work.mkdir(exist_ok=True)
    processor = next(line for line in open("/proc/cpuinfo") if line.startswith("model name")).split(":")[1].strip()
    print(f"{processor}, {os.cpu_count()} processors, best of {ROUNDS}.\n")
    parts = {"sizes": lambda: sizes(minilm, work), "conversion": lambda: conversion(t5, work),
             "opening": lambda: opening(t5, work), "decoding": lambda: decoding(t5, work)}
    for name in os.environ.get("PARTS", " ".join(parts)).split():
        parts[name]()


if __name__ == "__main__":
    main()
