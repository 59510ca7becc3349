"""Classifies a column of texts with a pandas UDF in Apache Spark, Parquet in and out.

python examples/spark/classify_frame.py --model model.ept --prompt sst2.eptb TEXTS.parquet ANSWERS.parquet

Needs PySpark, pandas, pyarrow, the package `eptc` (scripts/wheel) and Java 17. Without `--master` Spark runs on two
threads of this machine. Model and prompt must be at the same paths on every worker.

The input's columns stay, and `label` and `probability` are added; both are null where the text is. Each task of Spark
opens the model once, and maps it: all processes of a machine share one copy of its weights in memory.
"""

import argparse
import os
import sys
from typing import Iterator

import pandas
from pyspark.sql import SparkSession
from pyspark.sql.functions import pandas_udf


def classifier(model, prompt, threads):
    """A function of a column of texts."""

    # Its types say which kind of UDF it is: one that gets a part of the column after the other.
    @pandas_udf("label string, probability float")
    def classify(batches: Iterator[pandas.Series]) -> Iterator[pandas.DataFrame]:
        import eptc

        task = eptc.Model(model, threads=threads).load(prompt)
        for texts in batches:
            known = texts.dropna()
            probabilities = task.predict_proba(known)  # [rows, labels]
            answers = pandas.DataFrame(
                {"label": task.labels[probabilities.argmax(axis=1)], "probability": probabilities.max(axis=1)},
                index=known.index,
            )
            yield answers.reindex(texts.index)

    return classify


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--threads", type=int, default=1, help="threads of each task of Spark")
    parser.add_argument("--column", default="text")
    parser.add_argument("texts")
    parser.add_argument("answers")
    arguments = parser.parse_args()

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.master(arguments.master).appName("eptc").config("spark.ui.enabled", "false").getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    classify = classifier(os.path.abspath(arguments.model), os.path.abspath(arguments.prompt), arguments.threads)
    frame = session.read.parquet(arguments.texts)
    answered = frame.withColumn("answer", classify(frame[arguments.column])).select("*", "answer.*").drop("answer")
    answered.write.mode("overwrite").parquet(arguments.answers)
    session.stop()


if __name__ == "__main__":
    main()
