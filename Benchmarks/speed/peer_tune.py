#!/usr/bin/env python3
"""A step of tuning in PyTorch, driven by measure.py.

    peer_tune.py ept|peft|depth WORK MODEL BATCH LENGTH|real SST2_TRAIN_TSV

MODEL is t5-base, or an encoder with a head on its mean state: minilm, mpnet (`ept` and `depth` only). `ept` is EPT as one would write it in PyTorch: 40 prompt rows, a low-rank pair on the embeddings,
fusion by attention, four subspaces and a gate, with the method's sizes. `peft` is PEFT's PromptTuning with
100 tokens. Dropout is off, which lets PyTorch take its faster attention. With a length all texts have exactly that;
`real` reads the file in order, batches padded to their longest. `depth` is the gated projection after every block,
four subspaces of width 1.
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
PROMPT, INPUT, RANK, SPACES, MIDDLE = 40, 256, 18, 4, 4


def parameter(*shape):
    return torch.nn.Parameter(0.02 * torch.randn(*shape))


class EPT(torch.nn.Module):
    def __init__(self, backbone, width):
        super().__init__()
        self.backbone = [backbone]  # in a list, so that its weights are no parameters of this module
        self.prompt = parameter(PROMPT, width)
        self.a, self.b = parameter(INPUT, RANK), parameter(RANK, width)
        self.down, self.up = parameter(SPACES, width, MIDDLE), parameter(SPACES, MIDDLE, width)
        self.gate = parameter(width, SPACES)

    def rows(self, ids, mask):
        """The backbone's input, prompt in front, and its mask."""
        pair = 8 / math.sqrt(RANK) * self.a @ self.b
        fused = self.prompt + F.softmax(self.prompt @ pair.T / math.sqrt(pair.shape[1]), -1) @ pair
        spaces = torch.einsum("sd,kdm,kme->ske", fused, self.down, self.up)
        prompt = fused + torch.einsum("sk,ske->se", F.softmax(fused @ self.gate, -1), spaces)
        rows = self.backbone[0].get_input_embeddings()(ids) + pair[:ids.shape[1]]
        rows = torch.cat([prompt.expand(len(ids), -1, -1), rows], 1)
        return rows, torch.cat([mask.new_ones(len(ids), PROMPT), mask], 1)

    def forward(self, ids, mask, targets):
        rows, mask = self.rows(ids, mask)
        return self.backbone[0](inputs_embeds=rows, attention_mask=mask, labels=targets).loss


def head_loss(head, states, mask, targets):
    weights = mask.unsqueeze(-1).float()
    return F.cross_entropy(head((states * weights).sum(1) / weights.sum(1)), targets)


class EncoderEPT(EPT):
    def __init__(self, encoder, width):
        super().__init__(encoder, width)
        self.head = torch.nn.Linear(width, 2)

    def forward(self, ids, mask, targets):
        rows, all_rows = self.rows(ids, mask)
        states = self.backbone[0](inputs_embeds=rows, attention_mask=all_rows)[0]
        return head_loss(self.head, states[:, PROMPT:], mask, targets)


class EncoderDepth(torch.nn.Module):
    def __init__(self, encoder, width):
        super().__init__()
        self.encoder, self.head = [encoder], torch.nn.Linear(width, 2)
        blocks = encoder.encoder.layer
        self.down = parameter(len(blocks), SPACES, width)
        self.up = parameter(len(blocks), SPACES, width)
        self.gate = parameter(len(blocks), SPACES, width)
        for index, block in enumerate(blocks):
            block.register_forward_hook(self.edit(index))

    def edit(self, index):
        def hook(block, inputs, output):
            states = output[0] if isinstance(output, tuple) else output
            weights = F.softmax(states @ self.gate[index].T, -1)
            states = states + (weights * (states @ self.down[index].T)) @ self.up[index]
            return (states, *output[1:]) if isinstance(output, tuple) else states
        return hook

    def forward(self, ids, mask, targets):
        return head_loss(self.head, self.encoder[0](input_ids=ids, attention_mask=mask)[0], mask, targets)


def batches(work, model, batch, length, path):
    """(ids, mask, targets) of each batch."""
    is_encoder = model != "t5-base"
    if length != "real":
        ids = torch.randint(1000, 30000, (batch, int(length)))
        targets = torch.randint(0, 2, (batch,)) if is_encoder else torch.randint(1000, 31000, (batch, 2))
        return [(ids, torch.ones_like(ids), targets)]
    tokenizer = transformers.AutoTokenizer.from_pretrained(work / model)
    rows = [row.split("\t") for row in pathlib.Path(path).read_text().split("\n")[1:BATCHES * batch + 1]]
    result = []
    for start in range(0, len(rows), batch):
        some = rows[start:start + batch]
        if is_encoder:
            texts = tokenizer([row[0].strip() for row in some], padding=True, return_tensors="pt")
            result.append((texts.input_ids, texts.attention_mask, torch.tensor([int(row[1]) for row in some])))
            continue
        texts = tokenizer([settings.TEMPLATE.format(row[0]) for row in some], padding=True, return_tensors="pt")
        targets = tokenizer([settings.LABELS[int(row[1])] for row in some], padding=True, return_tensors="pt")
        result.append((
            texts.input_ids, texts.attention_mask,
            targets.input_ids.masked_fill(targets.attention_mask == 0, -100)))
    return result


def main():
    method, work, name, batch, length, path = sys.argv[1:]
    work, batch = pathlib.Path(work), int(batch)
    torch.set_num_threads(settings.THREADS)
    torch.manual_seed(7)
    kind = transformers.T5ForConditionalGeneration if name == "t5-base" else transformers.AutoModel
    backbone = kind.from_pretrained(work / name).requires_grad_(False).eval()
    width = backbone.config.hidden_size
    if method == "peft":
        import peft
        model = peft.get_peft_model(backbone, peft.PromptTuningConfig(
            task_type=peft.TaskType.SEQ_2_SEQ_LM, num_virtual_tokens=100, num_transformer_submodules=1)).eval()
        loss = lambda ids, mask, targets: model(input_ids=ids, attention_mask=mask, labels=targets).loss
    elif method == "depth":
        loss = model = EncoderDepth(backbone, width)
    else:
        loss = model = (EPT if name == "t5-base" else EncoderEPT)(backbone, width)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3)
    data = batches(work, name, batch, length, path)
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
