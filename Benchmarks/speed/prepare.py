#!/usr/bin/env python3
"""Makes what the speed rows need: backbones, the peers' copies of them, our files, prompts.

    Benchmarks/speed/prepare.py WORK --t5-tokenizer DIR --minilm DIR --mpnet DIR [--eptc PATH] [--eptbench PATH]

WORK then holds `t5-base` (random weights in T5-base's shape with the real tokenizer), CTranslate2
and ONNX copies, `.ept` files and `.eptb` bundles. What is there already is kept. About 6 GB.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys

import settings

ROOT = pathlib.Path(__file__).resolve().parents[2]
T5_BASE = dict(
    d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_decoder_layers=12, num_heads=12,
    vocab_size=32128, feed_forward_proj="relu", dropout_rate=0.1, decoder_start_token_id=0,
    tie_word_embeddings=True)
PROMPT = 40


def t5_base(folder, tokenizer):
    import torch
    import transformers
    torch.manual_seed(7)
    model = transformers.T5ForConditionalGeneration(transformers.T5Config(**T5_BASE))
    model.save_pretrained(folder)
    copy_tokenizer(folder, tokenizer)


def copy_tokenizer(folder, tokenizer):
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "spiece.model"):
        if (tokenizer / name).exists():
            shutil.copy(tokenizer / name, folder / name)
            (folder / name).chmod(0o644)


def ctranslate2(source, target, quantization):
    from ctranslate2.converters import TransformersConverter
    TransformersConverter(str(source)).convert(str(target), quantization=quantization)


def onnx(module, inputs, names, dynamic, target):
    import torch
    with torch.no_grad():
        torch.onnx.export(
            module.eval(), inputs, str(target), input_names=names, output_names=["logits"], dynamo=True,
            external_data=False, dynamic_shapes=dynamic)


def quantize(source, target):
    from onnxruntime.quantization import QuantType, quantize_dynamic
    quantize_dynamic(str(source), str(target), weight_type=QuantType.QInt8, per_channel=True)


def t5_onnx(folder, target):
    """Embedded rows and their mask in, logits of the first decoder position out."""
    import torch
    import transformers
    t5 = transformers.T5ForConditionalGeneration.from_pretrained(folder, attn_implementation="eager")

    class FirstLogits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.t5 = t5.eval()

        def forward(self, rows, mask):
            start = torch.zeros(rows.shape[0], 1, dtype=torch.long)
            return self.t5(inputs_embeds=rows, attention_mask=mask, decoder_input_ids=start,
                           use_cache=False).logits[:, 0]

    batch, length = torch.export.Dim("batch", min=1, max=64), torch.export.Dim("length", min=2, max=512)
    example = torch.randn(2, 84, 768), torch.ones(2, 84, dtype=torch.long)
    onnx(FirstLogits(), example, ["rows", "mask"], ({0: batch, 1: length},) * 2, target)


def encoder_onnx(folder, target):
    """Token ids and mask in, two logits of the mean over the text's tokens out."""
    import torch
    import transformers
    encoder = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager")

    class Classifier(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(7)
            self.encoder, self.head = encoder.eval(), torch.nn.Linear(encoder.config.hidden_size, 2)

        def forward(self, ids, mask):
            states = self.encoder(input_ids=ids, attention_mask=mask)[0]
            weights = mask.unsqueeze(-1).float()
            return self.head((states * weights).sum(1) / weights.sum(1))

    batch, length = torch.export.Dim("batch", min=1, max=64), torch.export.Dim("length", min=2, max=512)
    example = torch.full((2, 30), 1000), torch.ones(2, 30, dtype=torch.long)
    onnx(Classifier(), example, ["ids", "mask"], ({0: batch, 1: length},) * 2, target)


def peft_prompt(folder, target, is_bert):
    """A prompt of PEFT as a user would have saved it."""
    import peft
    import transformers
    kind = transformers.AutoModelForSequenceClassification if is_bert else transformers.T5ForConditionalGeneration
    task = peft.TaskType.SEQ_CLS if is_bert else peft.TaskType.SEQ_2_SEQ_LM
    config = peft.PromptTuningConfig(task_type=task, num_virtual_tokens=PROMPT, num_transformer_submodules=1)
    peft.get_peft_model(kind.from_pretrained(folder), config).save_pretrained(target)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--t5-tokenizer", type=pathlib.Path, required=True)
    parser.add_argument("--minilm", type=pathlib.Path, required=True)
    parser.add_argument("--mpnet", type=pathlib.Path, required=True)
    parser.add_argument("--eptc", default=ROOT / ".build/release/eptc", type=pathlib.Path)
    parser.add_argument("--eptbench", default=ROOT / ".build/release/eptbench", type=pathlib.Path)
    args = parser.parse_args()
    work = args.work
    work.mkdir(parents=True, exist_ok=True)

    def make(name, function, *arguments):
        target = work / name
        if target.exists():
            return target
        print("making", name, flush=True)
        unfinished = work / ("unfinished-" + name)
        if unfinished.is_dir():
            shutil.rmtree(unfinished)
        unfinished.unlink(missing_ok=True)
        function(*arguments, unfinished)
        unfinished.rename(target)
        return target

    def eptc(source, encoding, target):
        subprocess.run([args.eptc, "convert", source, "--encoding", encoding, "--output", target], check=True)

    def bundle(model, prompt, target):
        subprocess.run([args.eptbench, "bundle", model, str(prompt), target], check=True)

    def copy(source):
        return lambda target: shutil.copytree(source, target, copy_function=shutil.copyfile)

    t5 = make("t5-base", lambda target: t5_base(target, args.t5_tokenizer))
    minilm = make("minilm", copy(args.minilm))
    mpnet = make("mpnet", copy(args.mpnet))
    for name in (t5, minilm, mpnet):
        for encoding in ("q8", "f32"):
            make(f"{name.name}-{encoding}.ept", eptc, name, encoding)
    for model, prompt in settings.BUNDLES:
        make(f"{model}-{prompt}.eptb", bundle, work / f"{model}-q8.ept", prompt)
    for quantization in ("float32", "int8"):
        make(f"t5-base-ct2-{quantization}", lambda q, target: ctranslate2(t5, target, q), quantization)
    make("t5-base-float32.onnx", t5_onnx, t5)
    make("t5-base-int8.onnx", quantize, work / "t5-base-float32.onnx")
    for encoder in (minilm, mpnet):
        make(f"{encoder.name}-float32.onnx", encoder_onnx, encoder)
        make(f"{encoder.name}-int8.onnx", quantize, work / f"{encoder.name}-float32.onnx")
    make("t5-base-peft", lambda target: peft_prompt(t5, target, False))
    make("minilm-peft", lambda target: peft_prompt(minilm, target, True))
    print("all there:", work)


if __name__ == "__main__":
    sys.exit(main())
