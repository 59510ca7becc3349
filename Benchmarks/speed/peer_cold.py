#!/usr/bin/env python3
"""One line in, one label out, as a Python user writes it: transformers and PEFT.

    echo text | peer_cold.py WORK t5-base|minilm
"""

import pathlib
import sys

import settings

import peft
import torch
import transformers

work, name = pathlib.Path(sys.argv[1]), sys.argv[2]
torch.set_num_threads(settings.THREADS)
tokenizer = transformers.AutoTokenizer.from_pretrained(work / name)
is_t5 = name.startswith("t5")
kind = transformers.T5ForConditionalGeneration if is_t5 else transformers.AutoModelForSequenceClassification
model = peft.PeftModel.from_pretrained(kind.from_pretrained(work / name), work / f"{name}-peft").eval()
text = sys.stdin.readline().strip()
with torch.inference_mode():
    if is_t5:
        inputs = tokenizer(settings.TEMPLATE.format(text), return_tensors="pt")
        scores = []
        for label in settings.LABELS:
            targets = tokenizer(label, return_tensors="pt").input_ids
            scores.append(-model(**inputs, labels=targets).loss.item() * targets.shape[1])
        answer = scores.index(max(scores))
    else:
        answer = model(**tokenizer(text, return_tensors="pt")).logits.argmax().item()
print(settings.LABELS[answer])
