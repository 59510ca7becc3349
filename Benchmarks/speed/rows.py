"""The rows of the table: what is compared with what, and by which bar."""

import dataclasses
import pathlib
import sys

import settings
from contender import Contender

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
THREADS = str(settings.THREADS)


@dataclasses.dataclass
class Row:
    id: str
    title: str
    ours: Contender
    peers: list
    # Ours against the best peer on Intel with AVX-512 / on AMD with AVX2 alone.
    bars: tuple
    # rate: items a second; time: seconds a round.
    unit: str = "items/s"
    rounds: int = 7
    warm_ups: int = 2
    # A bar on the time itself, in seconds.
    limits: tuple | None = None
    # A bar on ours / peer in memory, and which: `peak` or `private`.
    memory_bar: tuple | None = None


class Paths:
    """Where things are."""

    def __init__(self, work, data, binaries):
        self.work, self.data, self.binaries = work, data, binaries
        self.train = data / "SST-2/train.tsv"
        self.lines = work / "sst2-dev.txt"
        self.one_line = work / "one-line.txt"

    def prepare(self):
        rows = (self.data / "SST-2/dev.tsv").read_text().split("\n")[1:]
        lines = [row.split("\t")[0].strip() for row in rows if row]
        self.lines.write_text("\n".join(lines) + "\n")
        self.one_line.write_text("a gripping film\n")
        return len(lines)

    def eptc(self, name, *arguments, input, items):
        command = [self.binaries / "eptc", *arguments, "--threads", THREADS]
        return Contender(name, list(map(str, command)), input=input, items=items, is_ours=True)

    def eptbench(self, name, *arguments):
        command = [self.binaries / "eptbench", *arguments, THREADS]
        return Contender(name, list(map(str, command)), is_ours=True)

    def python(self, name, script, *arguments, environment=None, input=None):
        command = [sys.executable, "-W", "ignore", HERE / script, *arguments]
        return Contender(name, list(map(str, command)), environment or {}, input=input)


def rows(paths, lines):
    """All rows; `lines` is how many texts the file of lines has."""
    work = paths.work
    result = []

    def t5_rows(precision, encoding, batch, bars, memory_bar=None):
        peers = [
            paths.python(f"{library} {precision}", "peer_infer.py", "rows", library, precision, work, batch, 84,
                         environment=settings.HUGE_PAGES if library == "torch" else None)
            for library in ("ctranslate2", "onnxruntime", "torch")]
        ours = paths.eptbench(
            f"eptc {encoding}", "infer", work / f"t5-base-{encoding}.ept", work / "t5-base-20.eptb", batch, 64)
        result.append(Row(
            f"infer-{encoding}-{batch}", f"infer, T5-base, 20 + 64 positions, batch {batch}, {encoding}", ours, peers,
            bars, "sequences/s", memory_bar=memory_bar, rounds=5))

    t5_rows("int8", "q8", 32, (2, 1.35), ("private", 0.5))
    t5_rows("int8", "q8", 1, (2, 1.35))
    t5_rows("float32", "f32", 32, (1.3, 1.15))

    def texts(id, title, model, prompt, peer, extra, bars):
        result.append(Row(
            id, title,
            paths.eptc("eptc infer, whole process", "infer", "--model", work / f"{model}-q8.ept", "--prompt",
                       work / f"{model}-{prompt}.eptb", input=paths.lines, items=lines),
            [paths.python(f"{peer} int8", "peer_infer.py", "texts", peer, work, model, paths.lines, extra, 32)],
            bars, "sentences/s", rounds=5, warm_ups=1))

    texts("texts-t5", "infer, T5-base, q8, EPT s=40, SST-2 dev, text to label", "t5-base", 40, "ctranslate2", 40,
          (3, 1.8))
    texts("texts-minilm-head", "infer, MiniLM, q8, head only, SST-2 dev, text to label", "minilm", 0, "onnxruntime", 0,
          (2.5, 1.6))
    texts("texts-minilm-ept", "infer, MiniLM, q8, EPT s=40, SST-2 dev, text to label", "minilm", 40, "onnxruntime", 40,
          (2.5, 1.6))

    texts("texts-mpnet-head", "infer, all-mpnet-base-v2, q8, head only, SST-2 dev, text to label", "mpnet", 0,
          "onnxruntime", 0, (2.5, 1.2))
    texts("texts-mpnet-ept", "infer, all-mpnet-base-v2, q8, EPT s=40, SST-2 dev, text to label", "mpnet", 40,
          "onnxruntime", 40, (2.5, 1.2))

    for model, limits in (("t5-base", (0.080, 0.120)), ("minilm", (0.025, 0.035))):
        result.append(Row(
            f"cold-{model}", f"eptc infer for one line, {model}, q8, warm page cache",
            paths.eptc("eptc", "infer", "--model", work / f"{model}-q8.ept", "--prompt", work / f"{model}-40.eptb",
                       input=paths.one_line, items=1),
            [paths.python("transformers + peft", "peer_cold.py", work, model, input=paths.one_line)],
            (50, 50), "processes/s", rounds=7, warm_ups=1, limits=limits))

    def tune(id, title, encoding, method, length, peer, bars, memory_bar=None, rounds=5, model="t5-base"):
        names = {"ept": "EPT in PyTorch", "depth": "EPT in depth in PyTorch", "peft": "PEFT, 100 tokens"}
        result.append(Row(
            id, title,
            paths.eptbench(f"eptc {encoding}", "tune", work / f"{model}-{encoding}.ept", method, 32, length,
                           paths.train),
            [paths.python(names[peer] + ", huge pages", "peer_tune.py", peer, work, model, 32, length, paths.train,
                          environment=settings.HUGE_PAGES)],
            bars, "examples/s", rounds=rounds, warm_ups=1, memory_bar=memory_bar))

    for encoding, bars in (("q8", (4, 2)), ("f32", (1.2, 1.2))):
        for length in (64, 256):
            tune(f"tune-{encoding}-{length}", f"tune, T5-base, EPT, batch 32 x {length}, {encoding}", encoding, "ept",
                 length, "ept", bars, ("peak", 0.25) if length == 256 else None)
    tune("tune-texts", "tune, T5-base, SST-2 train, real lengths, EPT s=40 in int8, against PEFT", "q8", "ept", "real",
         "peft", (8, 4.5), rounds=8)
    for model, title in (("minilm", "MiniLM"), ("mpnet", "all-mpnet-base-v2")):
        tune(f"tune-{model}-ept", f"tune, {title}, SST-2 train, real lengths, EPT s=40 in int8", "q8", "ept", "real", "ept",
             (4, 2), rounds=8, model=model)
        tune(f"tune-{model}-depth", f"tune, {title}, SST-2 train, real lengths, EPT in depth in int8", "q8", "depth",
             "real", "depth", (4, 2), rounds=8, model=model)

    result.append(Row(
        "ept-pt", "tune, T5-base, SST-2 train, EPT (s=40) against prompt tuning (l=100), both ours",
        paths.eptbench("eptc, EPT s=40", "tune", work / "t5-base-q8.ept", "ept", 32, "real", paths.train),
        [paths.eptbench("eptc, prompt tuning l=100", "tune", work / "t5-base-q8.ept", "pt", 32, "real", paths.train)],
        (1 / 0.6, 1 / 0.6), "examples/s", rounds=8, warm_ups=1))
    return result
