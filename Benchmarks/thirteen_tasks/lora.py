#!/usr/bin/env python3
"""LoRA beside EPT in depth: the cells `lora` of the table of thirteen tasks, in PyTorch with PEFT.

    python Benchmarks/thirteen_tasks/lora.py --data DATA --minilm FOLDER --work FOLDER \
        --results Benchmarks/thirteen_tasks/results.jsonl

FOLDER of --minilm is the checkpoint that all-minilm-l6-v2.ept was converted from. Rows, texts, steps, batch, input
length, warm-up, schedule, clipping and the head on mean-pooled states are those of run.py; so is the choice of the
step: the best of four by validation, by loss where validation has fewer than 500 rows. Dropout is off, as in eptc.
LoRA stands on query and value with rank 3, which are 27 648 numbers: as many as in depth. Each task has the rate
that is better by validation (--rates). Both stand in the results file, the better one as `lora`, the other as
`lora-other`. A cell is written when its rates are done, so stop it and start it as you like.

STS-B is left out: eptc answers it with a scale of label words, which LoRA has no like of.
Needs torch, transformers, peft, scikit-learn, and eptc (--eptc) for the tasks' texts.
"""

import argparse
import copy
import json
import pathlib
import subprocess
import time

import rows as data_rows
from run import BATCH, LENGTH, STEPS, figures

RANK, ALPHA = 3, 16
HEAD_RATE = 0.01
EVALUATIONS = 4
# Below this many validation rows the step is chosen by loss.
FEW_ROWS = 500
TASKS = [task for task in data_rows.TASKS if task != "stsb"]


class Rows:
    """One file of a task: token ids and classes."""

    def __init__(self, path, task, tokenizer):
        rows = [json.loads(line) for line in path.open(encoding="utf-8")]
        texts = [[segment.format(**row) for segment in task["segments"]] for row in rows]
        encoded = [tokenizer(*parts, truncation=True, max_length=LENGTH) for parts in texts]
        self.ids = [text["input_ids"] for text in encoded]
        self.types = [text["token_type_ids"] for text in encoded]
        self.labels = [str(row["label"]) for row in rows]


def make(folder, classes, seed):
    """The frozen encoder with LoRA, and a head that begins at zero."""
    import peft
    import torch
    import transformers
    torch.manual_seed(seed)
    encoder = transformers.AutoModel.from_pretrained(folder)
    config = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=["query", "value"])
    encoder = peft.get_peft_model(encoder, config).eval()
    head = torch.nn.Linear(encoder.config.hidden_size, classes)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    return encoder, head


def scores(encoder, head, rows, places):
    """The scores of some rows: [rows, classes]."""
    import torch
    longest = max(len(rows.ids[place]) for place in places)
    shape = len(places), longest
    ids, types, mask = (torch.zeros(shape, dtype=torch.long) for _ in range(3))
    for at, place in enumerate(places):
        length = len(rows.ids[place])
        ids[at, :length] = torch.tensor(rows.ids[place])
        types[at, :length] = torch.tensor(rows.types[place])
        mask[at, :length] = 1
    states = encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state  # [rows, tokens, d]
    weights = mask.unsqueeze(-1).float()
    return head((states * weights).sum(1) / weights.sum(1))


def evaluate(task, encoder, head, rows, classes):
    """The task's figures, and the mean loss."""
    import torch
    order = sorted(range(len(rows.ids)), key=lambda place: len(rows.ids[place]))
    answers, loss = [None] * len(order), 0.0
    with torch.no_grad():
        for start in range(0, len(order), 64):
            places = order[start:start + 64]
            given = torch.log_softmax(scores(encoder, head, rows, places), -1)
            for place, line in zip(places, given):
                answers[place] = classes[int(line.argmax())]
                loss -= float(line[classes.index(rows.labels[place])])
    return figures(task, answers, rows.labels), loss / len(order)


def tune(task, folder, parts, rate, steps, seed):
    import torch
    train, validation, test = parts
    classes = sorted(set(train.labels))
    encoder, head = make(folder, len(classes), seed)
    lora = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    groups = [{"params": lora, "lr": rate}, {"params": list(head.parameters()), "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0)
    warm_up = max(1, steps // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(
        (step + 1) / warm_up, max(0, steps - step) / max(1, steps - warm_up)))
    targets = torch.tensor([classes.index(label) for label in train.labels])
    shuffled = torch.Generator().manual_seed(seed)
    order, best = torch.empty(0, dtype=torch.long), None
    for step in range(1, steps + 1):
        if len(order) < BATCH:
            order = torch.cat([order, torch.randperm(len(targets), generator=shuffled)])
        places, order = order[:BATCH], order[BATCH:]
        loss = torch.nn.functional.cross_entropy(
            scores(encoder, head, train, places.tolist()), targets[places])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*lora, *head.parameters()], 1.0)
        optimizer.step()
        schedule.step()
        if step % (steps // EVALUATIONS) == 0:
            found, loss = evaluate(task, encoder, head, validation, classes)
            score = sum(found.values()) / len(found)
            rank = -loss if len(validation.ids) < FEW_ROWS else score
            if best is None or rank > best[0]:
                best = rank, step, found, score, copy.deepcopy((encoder.state_dict(), head.state_dict()))
    _, step, found, score, (encoder_state, head_state) = best
    encoder.load_state_dict(encoder_state)
    head.load_state_dict(head_state)
    numbers = sum(parameter.numel() for parameter in [*lora, *head.parameters()])
    return score, {"validation": found, "test": evaluate(task, encoder, head, test, classes)[0],
                   "best_step": step, "parameters": numbers, "rates": {"lora_rate": rate, "head_rate": HEAD_RATE}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "minilm", "work", "results"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    parser.add_argument("--eptc", default="eptc")
    parser.add_argument("--tasks", default=" ".join(TASKS), help="which of them, in this order")
    parser.add_argument("--rates", default="1e-3 2e-3")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    import torch
    import transformers
    torch.set_num_threads(options.threads)
    options.work.mkdir(parents=True, exist_ok=True)
    done = set()
    if options.results.exists():
        cells = [json.loads(line) for line in options.results.read_text().splitlines()]
        done = {cell["task"] for cell in cells if cell["method"] == "lora" and cell["seed"] == options.seed}
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.minilm)
    for task in options.tasks.split():
        if task in done:
            continue
        shown = subprocess.run([options.eptc, "tasks", "show", task], check=True, capture_output=True, text=True)
        texts = json.loads(shown.stdout)
        paths = data_rows.write(task, options.data, options.work)
        parts = [Rows(path, texts, tokenizer) for path in paths]
        steps = STEPS["small" if data_rows.is_small(task, options.data) else "large"]
        runs = []
        for rate in map(float, options.rates.split()):
            start = time.process_time()
            score, cell = tune(task, options.minilm, parts, rate, steps, options.seed)
            runs.append((score, {**cell, "seconds": round(time.process_time() - start, 1)}))
        runs.sort(key=lambda run: -run[0])
        for place, (_, cell) in enumerate(runs):
            for split in ("validation", "test"):
                cell[split] = {name: round(float(value), 6) for name, value in cell[split].items()}
            line = json.dumps({"task": task, "backbone": "minilm", "method": "lora" if place == 0 else "lora-other",
                               "seed": options.seed, **cell})
            with options.results.open("a") as file:
                file.write(line + "\n")
            print(line, flush=True)


if __name__ == "__main__":
    main()
