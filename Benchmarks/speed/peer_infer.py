#!/usr/bin/env python3
"""One peer that infers, driven by measure.py.

    peer_infer.py rows  LIBRARY PRECISION WORK BATCH ROWS   T5-base: ROWS positions a text, one decoder step;
                                                            a round is ROUND_TEXTS texts or more
    peer_infer.py texts ctranslate2|onnxruntime WORK MODEL FILE EXTRA BATCH   lines in, labels out, EXTRA tokens more
                                                                              a text

LIBRARY is torch, ctranslate2 or onnxruntime, PRECISION float32 or int8. A soft prompt is as many ordinary
tokens to CTranslate2, which takes no other; the others get embedded rows.
"""

import pathlib
import sys

import settings
import worker

import numpy


ROUND_TEXTS = 32


def onnx_session(path):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings.THREADS
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def translator(work, precision):
    import ctranslate2
    return ctranslate2.Translator(
        str(work / f"t5-base-ct2-{precision}"), device="cpu", compute_type=precision,
        inter_threads=1, intra_threads=settings.THREADS)


def first_step(engine, tokens):
    return engine.translate_batch(
        tokens, beam_size=1, min_decoding_length=1, max_decoding_length=1, return_scores=True)


def torch_rows(precision, work, batch, rows):
    import torch
    import transformers
    torch.set_num_threads(settings.THREADS)
    model = transformers.T5ForConditionalGeneration.from_pretrained(work / "t5-base").eval()
    if precision == "int8":
        torch.backends.quantized.engine = "x86"
        model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)
    ids = torch.randint(1000, 31000, (batch, rows - 20))
    prompt = torch.randn(1, 20, 768).expand(batch, -1, -1)
    mask = torch.ones(batch, rows, dtype=torch.long)
    start = torch.zeros(batch, 1, dtype=torch.long)

    def work_once():
        with torch.inference_mode():
            embedded = torch.cat([prompt, model.shared(ids)], 1)
            model(inputs_embeds=embedded, attention_mask=mask, decoder_input_ids=start, use_cache=False)
        return batch
    return work_once


def ctranslate2_rows(precision, work, batch, rows):
    import tokenizers
    vocabulary = tokenizers.Tokenizer.from_file(str(work / "t5-base/tokenizer.json"))
    engine = translator(work, precision)
    ids = numpy.random.default_rng(7).integers(1000, 31000, (batch, rows))
    tokens = [[vocabulary.id_to_token(int(i)) for i in text] for text in ids]

    def work_once():
        first_step(engine, tokens)
        return batch
    return work_once


def onnxruntime_rows(precision, work, batch, rows):
    session = onnx_session(work / f"t5-base-{precision}.onnx")
    inputs = {
        "rows": numpy.random.default_rng(7).standard_normal((batch, rows, 768), numpy.float32),
        "mask": numpy.ones((batch, rows), numpy.int64),
    }

    def work_once():
        session.run(None, inputs)
        return batch
    return work_once


def sorted_batches(lengths, batch):
    """Places of texts of similar length, `batch` at a time."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    return [order[start:start + batch] for start in range(0, len(order), batch)]


def ctranslate2_texts(work, model, file, extra, batch):
    """T5: CTranslate2 sorts and batches by itself; the answer is the likelier label's first token."""
    import tokenizers
    tokenizer = tokenizers.Tokenizer.from_file(str(work / model / "tokenizer.json"))
    lines = file.read_text().splitlines()
    engine = translator(work, "int8")
    more = ["▁the"] * extra

    def work_once():
        encoded = tokenizer.encode_batch([settings.TEMPLATE.format(line) for line in lines])
        results = engine.translate_batch(
            [more + text.tokens for text in encoded], max_batch_size=batch, batch_type="examples",
            beam_size=1, min_decoding_length=1, max_decoding_length=1, return_scores=True)
        return len([result.hypotheses[0] for result in results])
    return work_once


def onnxruntime_texts(work, model, file, extra, batch):
    """An encoder with a head: batches sorted by length, padded to their longest."""
    import tokenizers
    tokenizer = tokenizers.Tokenizer.from_file(str(work / model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(128)
    lines = file.read_text().splitlines()
    session = onnx_session(work / f"{model}-int8.onnx")

    def work_once():
        encoded = tokenizer.encode_batch(lines)
        answers = [None] * len(lines)
        for places in sorted_batches([len(text.ids) for text in encoded], batch):
            longest = extra + max(len(encoded[place].ids) for place in places)
            ids = numpy.zeros((len(places), longest), numpy.int64)
            mask = numpy.zeros((len(places), longest), numpy.int64)
            for row, place in enumerate(places):
                count = extra + len(encoded[place].ids)
                ids[row, :extra] = 1996
                ids[row, extra:count] = encoded[place].ids
                mask[row, :count] = 1
            logits = session.run(None, {"ids": ids, "mask": mask})[0]
            for place, label in zip(places, logits.argmax(1)):
                answers[place] = settings.LABELS[label]
        return len(answers)
    return work_once


def main():
    kind, library, *rest = sys.argv[1:]
    if kind == "rows":
        precision, work, batch, rows = rest
        make = {"torch": torch_rows, "ctranslate2": ctranslate2_rows, "onnxruntime": onnxruntime_rows}
        one_batch = make[library](precision, pathlib.Path(work), int(batch), int(rows))

        def work_once():
            return sum(one_batch() for _ in range(max(1, ROUND_TEXTS // int(batch))))
    else:
        work, model, file, extra, batch = rest
        make = {"ctranslate2": ctranslate2_texts, "onnxruntime": onnxruntime_texts}
        work_once = make[library](pathlib.Path(work), model, pathlib.Path(file), int(extra), int(batch))
    worker.serve(work_once)


if __name__ == "__main__":
    main()
