#!/usr/bin/env python3
"""A step of prompt tuning in PyTorch, driven by measure.py.

    peer_tune.py ept|peft WORK BATCH LENGTH|real SST2_TRAIN_TSV

`ept` is EPT as one would write it in PyTorch: 40 prompt rows, a low-rank pair on the embeddings,
fusion by attention, four subspaces and a gate, with the method's sizes. `peft` is PEFT's PromptTuning with
100 tokens. Dropout is off, which lets PyTorch take its faster attention. With a length all texts have exactly that;
`real` reads the file in order, batches padded to their longest.
"""

import math
import pathlib
import sys

import settings
import worker

import torch
import torch.nn.functional as F
import transformers

BATCHES = 8
WIDTH, PROMPT, INPUT, RANK, SPACES, MIDDLE = 768, 40, 256, 18, 4, 4


class EPT(torch.nn.Module):
    def __init__(self, t5):
        super().__init__()
        self.t5 = [t5]  # in a list, so that its weights are no parameters of this module
        parameter = lambda *shape: torch.nn.Parameter(0.02 * torch.randn(*shape))
        self.prompt = parameter(PROMPT, WIDTH)
        self.a, self.b = parameter(INPUT, RANK), parameter(RANK, WIDTH)
        self.down, self.up = parameter(SPACES, WIDTH, MIDDLE), parameter(SPACES, MIDDLE, WIDTH)
        self.gate = parameter(WIDTH, SPACES)

    def forward(self, ids, mask, targets):
        t5 = self.t5[0]
        pair = 8 / math.sqrt(RANK) * self.a @ self.b
        fused = self.prompt + F.softmax(self.prompt @ pair.T / math.sqrt(WIDTH), -1) @ pair
        spaces = torch.einsum("sd,kdm,kme->ske", fused, self.down, self.up)
        prompt = fused + torch.einsum("sk,ske->se", F.softmax(fused @ self.gate, -1), spaces)
        rows = t5.shared(ids) + pair[:ids.shape[1]]
        rows = torch.cat([prompt.expand(len(ids), -1, -1), rows], 1)
        mask = torch.cat([mask.new_ones(len(ids), PROMPT), mask], 1)
        return t5(inputs_embeds=rows, attention_mask=mask, labels=targets).loss


def batches(work, batch, length, path):
    """(ids, mask, targets) of each batch."""
    if length != "real":
        ids = torch.randint(1000, 31000, (batch, int(length)))
        targets = torch.randint(1000, 31000, (batch, 2))
        return [(ids, torch.ones_like(ids), targets)]
    tokenizer = transformers.AutoTokenizer.from_pretrained(work / "t5-base")
    rows = [row.split("\t") for row in pathlib.Path(path).read_text().split("\n")[1:BATCHES * batch + 1]]
    result = []
    for start in range(0, len(rows), batch):
        some = rows[start:start + batch]
        texts = tokenizer([settings.TEMPLATE.format(row[0]) for row in some], padding=True, return_tensors="pt")
        targets = tokenizer([settings.LABELS[int(row[1])] for row in some], padding=True, return_tensors="pt")
        result.append((
            texts.input_ids, texts.attention_mask,
            targets.input_ids.masked_fill(targets.attention_mask == 0, -100)))
    return result


def main():
    method, work, batch, length, path = sys.argv[1:]
    work, batch = pathlib.Path(work), int(batch)
    torch.set_num_threads(settings.THREADS)
    torch.manual_seed(7)
    t5 = transformers.T5ForConditionalGeneration.from_pretrained(work / "t5-base").requires_grad_(False).eval()
    if method == "peft":
        import peft
        model = peft.get_peft_model(t5, peft.PromptTuningConfig(
            task_type=peft.TaskType.SEQ_2_SEQ_LM, num_virtual_tokens=100, num_transformer_submodules=1)).eval()
        loss = lambda ids, mask, targets: model(input_ids=ids, attention_mask=mask, labels=targets).loss
    else:
        loss = model = EPT(t5)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3)
    data = batches(work, batch, length, path)
    count = 0

    def step():
        nonlocal count
        ids, mask, targets = data[count % len(data)]
        count += 1
        loss(ids, mask, targets).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return len(ids)
    worker.serve(step, parameters=sum(p.numel() for p in parameters))


if __name__ == "__main__":
    main()
