"""The 13 tasks' rows in one layout, for every column of the table: official files in, JSONL out.

Validation and test rows follow the rule of each preset (`eptc tasks`); long files are cut so that the
whole table fits a night, the same rows for every method.
"""

import json
import random

TRAIN, VALIDATION, TEST = 20_000, 500, 2_000

#          folder, fields, columns, label column, large set
TASKS = {
    "cola": ("CoLA", ["sentence"], [3], 1, False),
    "sst2": ("SST-2", ["sentence"], ["sentence"], "label", True),
    "mrpc": ("MRPC", ["sentence1", "sentence2"], ["#1 String", "#2 String"], "Quality", False),
    "qqp": ("QQP", ["question1", "question2"], ["question1", "question2"], "is_duplicate", True),
    "stsb": ("STS-B", ["sentence1", "sentence2"], ["sentence1", "sentence2"], "score", False),
    "mnli": ("MNLI", ["premise", "hypothesis"], ["sentence1", "sentence2"], "gold_label", True),
    "qnli": ("QNLI", ["question", "sentence"], ["question", "sentence"], "label", True),
    "rte": ("RTE", ["sentence1", "sentence2"], ["sentence1", "sentence2"], "label", False),
    "boolq": ("BoolQ", ["question", "passage"], None, "label", False),
    "cb": ("CB", ["premise", "hypothesis"], None, "label", False),
    "wic": ("WiC", ["sentence1", "sentence2", "word"], None, "label", False),
    "multirc": ("MultiRC", ["question", "answer", "paragraph"], None, "label", False),
    "wsc": ("WSC", ["text"], None, "label", False),
}
METRICS = {"cola": "Matthews", "mrpc": "F1, accuracy", "qqp": "F1, accuracy",
           "stsb": "Pearson, Spearman", "cb": "macro F1, accuracy", "multirc": "F1a"}


def table(path, fields, columns, label):
    lines = open(path, encoding="utf-8-sig", newline="\n").read().split("\n")
    rows = [line.split("\t") for line in lines if line]
    if not isinstance(label, int):
        header, rows = rows[0], rows[1:]
        columns = [header.index(column) for column in columns]
        label = header.index(label)
        rows = [row for row in rows if len(row) == len(header)]
    return [dict(zip(fields, (row[c] for c in columns)), label=row[label]) for row in rows]


def clean(text):
    return text.replace("<br>", " ").replace("<b>", "").replace("</b>", "")


def mark(text, span, index, sign):
    words = text.split(" ")
    before = " ".join(words[:index]) + (" " if index else "")
    if not text[len(before):].startswith(span):
        return text
    return f"{before}{sign} {span} {sign}{text[len(before) + len(span):]}"


def records(path, task, fields):
    for line in open(path, encoding="utf-8"):
        record = json.loads(line)
        if task == "multirc":
            paragraph = clean(record["passage"]["text"])
            for question in record["passage"]["questions"]:
                for answer in question["answers"]:
                    yield {"question": clean(question["question"]), "answer": clean(answer["text"]),
                           "paragraph": paragraph, "label": answer["label"]}
        elif task == "wsc":
            target = record["target"]
            first, second = target["span1_index"], target["span2_index"]
            text = mark(record["text"], target["span1_text"], first, "*")
            text = mark(text, target["span2_text"], second + 2 * (first < second), "#")
            yield {"text": text, "label": record["label"]}
        else:
            yield {key: record[key] for key in [*fields, "label"]}


def splits(task, data):
    """(train, validation, test): train cut to 20 000 rows, validation to 500, test to 2 000."""
    folder, fields, columns, label, large = TASKS[task]
    root = data / folder

    def read(name):
        if columns is None:
            return list(records(root / f"{name}.jsonl", task, fields))
        return table(root / f"{name}.tsv", fields, columns, label)

    shuffle = random.Random(42).shuffle
    train = read("train")
    shuffle(train)
    if task == "mnli":
        validation, test = read("dev_mismatched"), read("dev_matched")
        shuffle(validation)
        shuffle(test)
    elif large:
        test = read("dev")
        shuffle(test)
        validation, train = train[:VALIDATION], train[VALIDATION:]
    else:
        dev = read("dev" if columns else "val")
        shuffle(dev)
        validation, test = dev[:len(dev) // 2], dev[len(dev) // 2:]
    return train[:TRAIN], validation[:VALIDATION], test[:TEST]


def is_small(task, data):
    """Whether the official training file has fewer than 10 000 rows."""
    folder, fields, columns, label, _ = TASKS[task]
    path = data / folder / ("train.tsv" if columns else "train.jsonl")
    rows = table(path, fields, columns, label) if columns else list(records(path, task, fields))
    return len(rows) < 10_000


def write(task, data, folder):
    """Writes the three files of `task` into `folder`, once; gives their paths."""
    paths = [folder / f"{task}.{name}.jsonl" for name in ("train", "dev", "test")]
    if not all(path.exists() for path in paths):
        for path, rows in zip(paths, splits(task, data)):
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return paths
