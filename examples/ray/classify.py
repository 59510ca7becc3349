"""Classifies a column of texts with Ray Data, Parquet in and out.

python examples/ray/classify.py --model model.ept --prompt sst2.eptb TEXTS.parquet ANSWERS

Needs Ray (`pip install "ray[data]"`) and the package `eptc` (scripts/wheel). Without `--address` Ray starts on this
machine. Model and prompt must be at the same paths on every node.

The input's columns stay, and `label` and `probability` are added. ANSWERS is a folder of Parquet files, rows in the
order of the input. Each worker opens the model once, and maps it: those of a machine share one copy of its weights in
memory.
"""

import argparse
import os

import ray


class Classifier:
    """One worker's model."""

    def __init__(self, model, prompt, column, threads):
        import eptc

        self.task = eptc.Model(model, threads=threads).load(prompt)
        self.column = column

    def __call__(self, batch):
        """Adds the answers to a batch of columns as numpy arrays."""
        probabilities = self.task.predict_proba(batch[self.column])  # [rows, labels]
        batch["label"] = self.task.labels[probabilities.argmax(axis=1)]
        batch["probability"] = probabilities.max(axis=1)
        return batch


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--address", help="of a cluster that runs")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="threads of each worker")
    parser.add_argument("--column", default="text")
    parser.add_argument("texts")
    parser.add_argument("answers")
    arguments = parser.parse_args()

    ray.init(address=arguments.address, include_dashboard=False)
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    files = [os.path.abspath(path) for path in (arguments.model, arguments.prompt)]
    rows = ray.data.read_parquet(os.path.abspath(arguments.texts))
    answered = rows.map_batches(
        Classifier,
        fn_constructor_args=(*files, arguments.column, arguments.threads),
        batch_size=1024,
        concurrency=arguments.workers,
        num_cpus=arguments.threads,
    )
    answered.write_parquet(os.path.abspath(arguments.answers))


if __name__ == "__main__":
    main()
