"""Measures `eptc infer` as a stream processor: memory, order, readers that leave, mixed tasks, shared pages.

python Benchmarks/stream/measure.py [--eptc PATH] [--threads N] COMMAND …

    memory MODEL PROMPT [--lines 1000000]      resident memory and order over many lines
    readers MODEL PROMPT                       a reader that is killed, is slow, takes one line and leaves
    mixed MODEL PROMPT PROMPT PROMPT PROMPT LINES   four tasks in one stream beside each alone
    pages MODEL PROMPT [--processes 4]         proportional set size of N processes on one file

Python's standard library is all it needs. Each command prints one JSON object, and fails if what it
checks does not hold. MODEL is a `.ept`, PROMPT a `.eptb`; for `mixed` their tasks read one text. LINES is a text file.
"""

import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

WORDS = "a the film meal story was very not good dull lovely slow tasty cold with and service fine".split()


def text(index):
    """A text of 1 to 8 words that depends on its number alone."""
    generator = random.Random(index)
    return " ".join(generator.choices(WORDS, k=1 + index * 7 % 8))


def memory_of(process, field="VmRSS"):
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


def infer(options, *arguments, **streams):
    command = [options.eptc, "infer", "--threads", str(options.threads), *map(str, arguments)]
    return subprocess.Popen(command, **streams)


def memory(options):
    """Ids must come back in order, one a record; memory after a tenth of the lines must stay."""
    process = infer(
        options, "--model", options.model, "--prompt", options.prompts[0], "--input-format", "jsonl",
        "--format", "jsonl", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip

    def feed():
        with process.stdin as stream:
            for first in range(0, options.lines, 1000):
                block = range(first, min(options.lines, first + 1000))
                stream.write(
                    "".join(
                        json.dumps({"id": i, options.field: text(i)}) + "\n" for i in block
                    ).encode()
                )

    threading.Thread(target=feed, daemon=True).start()
    samples = []
    start = time.monotonic()
    seen = 0
    for line in process.stdout:
        assert json.loads(line)["id"] == seen, (line, seen)
        seen += 1
        if seen % (options.lines // 200) == 0:
            samples.append(memory_of(process.pid))
    seconds = time.monotonic() - start
    assert process.wait() == 0 and seen == options.lines
    settled = samples[len(samples) // 10 : -1]
    result = {
        "lines": seen, "seconds": round(seconds, 1), "lines_per_second": round(seen / seconds),
        "resident_after_a_tenth_MB": round(settled[0] / 1e6, 1),
        "least_MB": round(min(settled) / 1e6, 1), "most_MB": round(max(settled) / 1e6, 1),
        "spread": round(max(settled) / min(settled) - 1, 4),
    }  # fmt: skip
    assert result["spread"] <= 0.05, result
    return result


def readers(options):
    results = {}
    arguments = ("--model", options.model, "--prompt", options.prompts[0])

    def endless():
        return subprocess.Popen(["yes", "a lovely meal"], stdout=subprocess.PIPE)

    for name in ("one line", "killed"):
        source = endless()
        errors = tempfile.TemporaryFile()
        process = infer(
            options, *arguments, stdin=source.stdout, stdout=subprocess.PIPE, stderr=errors
        )
        source.stdout.close()
        process.stdout.readline()
        if name == "killed":
            reader = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
            process.stdout.close()
            time.sleep(2)
            reader.send_signal(signal.SIGKILL)
            reader.wait()
        else:
            process.stdout.close()
        start = time.monotonic()
        status = process.wait(timeout=20)
        errors.seek(0)
        said = errors.read().decode()
        assert status == 0 and said == "", (status, said)
        results[name] = {"status": status, "ended_after_s": round(time.monotonic() - start, 2)}
        source.kill()
        source.wait()

    # A slow reader holds the source up: what has been written and not answered stays bounded.
    process = infer(options, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    written = [0]

    def feed():
        try:
            while True:
                written[0] += process.stdin.write(b"a lovely meal\n" * 1000)
        except (BrokenPipeError, ValueError):
            pass

    threading.Thread(target=feed, daemon=True).start()
    process.stdout.readline()
    time.sleep(5)
    before = (written[0], memory_of(process.pid))
    time.sleep(5)
    after = (written[0], memory_of(process.pid))
    process.kill()
    process.wait()
    results["slow"] = {
        "lines_taken_after_5_s": before[0] // 14, "lines_taken_after_10_s": after[0] // 14,
        "resident_MB": [round(before[1] / 1e6, 1), round(after[1] / 1e6, 1)],
    }  # fmt: skip
    assert before[0] == after[0], results
    return results


def answers(options, records, prompts):
    """The answers to `records` by `prompts`, and the seconds of the process."""
    data = "".join(json.dumps(r) + "\n" for r in records).encode()
    start = time.monotonic()
    process = infer(
        options, "--model", options.model, *(a for p in prompts for a in ("--prompt", p)),
        "--input-format", "jsonl", "--format", "jsonl", stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    output, _ = process.communicate(data)
    seconds = time.monotonic() - start
    assert process.returncode == 0
    return [json.loads(line) for line in output.splitlines()], seconds


def mixed(options):
    """1 000 texts, a quarter for each of four tasks in random order, beside the same texts by one."""
    *prompts, path = options.prompts
    names = [pathlib.Path(p).stem for p in prompts]
    lines = pathlib.Path(path).read_text().split("\n")[:-1]
    generator = random.Random(7)
    texts = [generator.choice(lines) for _ in range(1000)]
    tasks = [i % 4 for i in range(1000)]
    generator.shuffle(tasks)
    routed = [{"task": names[t], options.field: x} for t, x in zip(tasks, texts)]
    together, _ = answers(options, routed, prompts)
    largest = 0
    for task, prompt in enumerate(prompts):
        mine = [i for i in range(1000) if tasks[i] == task]
        alone, _ = answers(options, [{options.field: texts[i]} for i in mine], [prompt])
        for index, expected in zip(mine, alone):
            found = together[index]["answers"][names[task]]["probabilities"]
            largest = max(largest, *(abs(found[k] - v) for k, v in expected["probabilities"].items()))
    plain = [{options.field: x} for x in texts]
    pairs = []
    for _ in range(options.repeats):
        start = min(answers(options, [], prompts)[1] for _ in range(3))
        one = [answers(options, plain, [p])[1] - start for p in prompts]
        pairs.append((sum(one) / len(one), answers(options, routed, prompts)[1] - start))
    ratios = sorted(one / many for one, many in pairs)
    result = {
        "largest_difference": largest, "single_s": round(min(p[0] for p in pairs), 3),
        "mixed_s": round(min(p[1] for p in pairs), 3),
        "throughput_ratios": [round(r, 3) for r in ratios],
        "throughput_ratio": round(ratios[len(ratios) // 2], 3),
    }  # fmt: skip
    assert largest <= 1e-5 + 1e-6 and result["throughput_ratio"] >= 0.9, result
    return result


def proportional(process):
    """The process's proportional set size, in bytes."""
    for line in pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise LookupError("Pss")


def pages(options):
    """Processes that have answered 64 lines and wait for more."""

    def run(count):
        processes = [
            infer(
                options, "--model", options.model, "--prompt", options.prompts[0],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
            for _ in range(count)
        ]  # fmt: skip
        for process in processes:
            process.stdin.write(b"".join(text(i).encode() + b"\n" for i in range(64)))
            process.stdin.flush()
        for process in processes:
            for _ in range(64):
                assert process.stdout.readline()
        sizes = [proportional(p.pid) for p in processes]
        resident = [memory_of(p.pid) for p in processes]
        for process in processes:
            process.stdin.close()
            assert process.wait() == 0
        return sum(sizes), sum(resident)

    one = run(1)
    many = run(options.processes)
    result = {
        "processes": options.processes, "file_MB": round(os.path.getsize(options.model) / 1e6, 1),
        "one_MB": round(one[0] / 1e6, 1), "all_MB": round(many[0] / 1e6, 1),
        "ratio": round(many[0] / one[0], 3), "sum_of_resident_MB": round(many[1] / 1e6, 1),
    }  # fmt: skip
    assert result["ratio"] < 1.6, result
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--eptc", default="eptc")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--field", default="sentence", help="the text's name in the task")
    parser.add_argument("command", choices=("memory", "readers", "mixed", "pages"))
    parser.add_argument("model")
    parser.add_argument("prompts", nargs="+")
    options = parser.parse_args()
    commands = {"memory": memory, "readers": readers, "mixed": mixed, "pages": pages}
    print(json.dumps({options.command: commands[options.command](options)}, indent=2))


if __name__ == "__main__":
    sys.exit(main())
