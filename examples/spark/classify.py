"""Classifies lines with `eptc infer` in Apache Spark: one process a partition, by RDD.pipe.

python examples/spark/classify.py --eptc PATH --model model.ept --prompt sst2.eptb LINES OUTPUT

Needs PySpark and Java 17. By default a cluster of two worker processes is started on this machine
(`local-cluster`); `--master spark://…` takes another. Model, prompt and tool must be at the same
paths on every worker; they are mapped, so all processes of a machine share one copy in memory.

A line in is a line out, in order, so answers are zipped to their lines. If `eptc` ends with
another status than 0, the task fails and Spark runs it again (`checkCode=True`); so it does
with the tasks of an executor that dies. `--kill` shows that: it kills the first executor while
its partitions are at work.
"""

import argparse
import os
import pathlib
import shlex
import signal
import sys
import threading
import time

# What this application's executors have in their command lines.
MARK = f"-Deptc.application={os.getpid()}"


def executors():
    """Process ids of the executors of this application."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "CoarseGrainedExecutorBackend" in command and MARK in command:
            found.append(int(folder.name))
    return found


def kill_one(after, killed):
    """Kills one executor when it has had `after` seconds of work."""
    time.sleep(after)
    for process in executors()[:1]:
        os.kill(process, signal.SIGKILL)
        killed.append(process)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--eptc", default="eptc")
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--master", default="local-cluster[2,1,1024]")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1, help="threads of each eptc")
    parser.add_argument("--format", default="text", choices=("text", "tsv", "jsonl"))
    parser.add_argument("--kill", type=float, metavar="SECONDS", help="kill an executor after")
    parser.add_argument("lines")
    parser.add_argument("output")
    arguments = parser.parse_args()

    import pyspark
    from pyspark.sql import SparkSession

    # A cluster's workers start executors from here: the package has all that a distribution has.
    os.environ.setdefault("SPARK_HOME", os.path.dirname(pyspark.__file__))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.master(arguments.master)
        .appName("eptc")
        .config("spark.ui.enabled", "false")
        .config("spark.task.maxFailures", "8")
        .config("spark.executor.extraJavaOptions", MARK)
        .getOrCreate()
    )
    context = session.sparkContext
    context.setLogLevel("ERROR")

    # Split at line feeds alone: other line separators are part of a text.
    lines = pathlib.Path(arguments.lines).read_text(encoding="utf-8").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    command = shlex.join(
        [arguments.eptc, "infer", "--model", os.path.abspath(arguments.model), "--prompt",
         os.path.abspath(arguments.prompt), "--format", arguments.format,
         "--threads", str(arguments.threads)]
    )  # fmt: skip
    records = context.parallelize(lines, arguments.partitions)

    killed = []
    start = time.monotonic()
    if arguments.kill is not None:
        threading.Thread(
            target=kill_one, args=(arguments.kill, killed), daemon=True
        ).start()
    answers = records.pipe(command, checkCode=True).collect()
    seconds = time.monotonic() - start
    assert len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} lines"
    pathlib.Path(arguments.output).write_text("".join(a + "\n" for a in answers), encoding="utf-8")
    print(
        f"{len(answers)} answers in {seconds:.1f} s, {arguments.partitions} partitions"
        + (f", executor {killed[0]} killed" if killed else ""),
        file=sys.stderr,
    )
    session.stop()


if __name__ == "__main__":
    main()
