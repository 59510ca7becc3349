"""Contenders of one row: processes that do one round of work when they are told to."""

import dataclasses
import json
import os
import pathlib
import shlex
import subprocess
import threading
import time


@dataclasses.dataclass
class Contender:
    """How to start one, and what the table calls it."""
    name: str
    command: list
    environment: dict = dataclasses.field(default_factory=dict)
    # A whole process each round, from start to end: its standard input and the items in it.
    input: pathlib.Path | None = None
    items: int = 1
    is_ours: bool = False

    def text(self):
        words = [f"{key}={value}" for key, value in self.environment.items()]
        words += [shlex.quote(str(word)) for word in self.command]
        return " ".join(words + ([f"< {self.input}"] if self.input else []))


class Memory:
    """Samples a process: the most private memory it had, and its peak with mapped files."""

    def __init__(self, pid):
        self.private = self.peak = 0
        self.file = f"/proc/{pid}/status"
        self.is_over = False
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.is_over and self.sample():
            time.sleep(0.05)

    def sample(self):
        """One look, in MB; false once the process is gone."""
        try:
            lines = dict(line.split(":", 1) for line in open(self.file) if ":" in line)
            size = lambda name: int(lines[name].split()[0]) * 1024 / 1e6
            self.private = max(self.private, size("RssAnon"))
            self.peak = max(self.peak, size("VmHWM"))
            return True
        except (OSError, KeyError):
            return False

    def stop(self):
        self.sample()
        self.is_over = True
        self.thread.join()


class Running:
    """A started contender that answers rounds; ends with the `with` block."""

    def __init__(self, contender):
        self.contender = contender
        self.private = self.peak = 0
        self.process = None
        if contender.input is None:
            self.process = subprocess.Popen(
                contender.command, env={**os.environ, **contender.environment}, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.memory = Memory(self.process.pid)
            if not self.process.stdout.readline():
                raise RuntimeError(f"does not start: {contender.text()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.memory.stop()
            self.private, self.peak = self.memory.private, self.memory.peak
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()

    def round(self):
        """One round: seconds and items."""
        if self.process is None:
            return self.whole_process()
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"ended: {self.contender.text()}")
        answer = json.loads(line)
        return answer["seconds"], answer["items"]

    def whole_process(self):
        contender = self.contender
        with open(contender.input) as file:
            start = time.perf_counter()
            process = subprocess.Popen(
                contender.command, env={**os.environ, **contender.environment}, stdin=file,
                stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"status {process.returncode}: {contender.text()}")
        self.peak = max(self.peak, usage.ru_maxrss * 1024 / 1e6)
        return seconds, contender.items
