#!/usr/bin/env python3
"""The solved head beside scikit-learn's logistic regression, on the same vectors.

    python Benchmarks/head/compare.py --model all-minilm-l6-v2.ept --data DATA --work FOLDER \
        --results Benchmarks/head/results.jsonl

One line a task. At the same strength: how far the objectives are apart (scikit-learn's solver runs until its
gradient is gone), and how many answers are the same. With each one's own choice of strength: the score on the
development rows, the mean of the task's figures, and the seconds; scikit-learn's is LogisticRegressionCV with its
defaults (five folds, ten strengths, 100 iterations). Needs scikit-learn; eptbench is built by `swift build -c release --product eptbench`.
"""

import argparse
import json
import pathlib
import subprocess
import time
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

TASKS = ("sst2", "qnli", "mrpc", "rte", "cola", "cb")
STRENGTHS = (0, 4, 5, 6, 9)


def score(metric, predicted, actual):
    """The mean of the metric's figures, as eptc chooses by it."""
    accuracy = accuracy_score(actual, predicted)
    if metric == "matthews":
        return matthews_corrcoef(actual, predicted)
    if metric == "f1_accuracy":
        return (f1_score(actual, predicted, zero_division=0) + accuracy) / 2
    if metric == "macro_f1":
        return (f1_score(actual, predicted, average="macro", zero_division=0) + accuracy) / 2
    return accuracy


def objective(x, y, model, strength):
    """C · Σ log-loss + ½ ‖W‖², from the model's own numbers."""
    z = x @ model.coef_.T + model.intercept_
    if z.shape[1] == 1:
        z = np.hstack([np.zeros_like(z), z])
    z = z - z.max(1, keepdims=True)
    losses = np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y]
    return strength * losses.sum() + 0.5 * (model.coef_**2).sum()


def compare(folder):
    about = json.loads((folder / "about.json").read_text())
    vectors, labels = {}, {}
    for name in ("train", "validation", "test"):
        labels[name] = np.array(about[name])
        vectors[name] = np.fromfile(folder / f"{name}.f32", np.float32).reshape(len(labels[name]), -1)
    x, y = vectors["train"].astype(np.float64), labels["train"]
    test, actual = vectors["test"].astype(np.float64), labels["test"]
    result = {"rows": len(y), "columns": x.shape[1], "embedding_seconds": round(about["embedding_seconds"], 2)}
    same = []
    for index in STRENGTHS:
        fit = about["fits"][index]
        # Newton's matrix of several classes has (classes · columns)² numbers.
        solver = "newton-cholesky" if about["classes"] == 2 else "lbfgs"
        model = LogisticRegression(C=fit["strength"], solver=solver, tol=1e-9, max_iter=20_000)
        model.fit(x, y)
        theirs = objective(x, y, model, fit["strength"])
        same.append({
            "strength": fit["strength"], "objective_gap": (fit["objective"] - theirs) / theirs,
            "equal_answers": float((model.predict(test) == np.array(fit["answers"])).mean()),
            "iterations": fit["iterations"]})
    result["same_strength"] = same
    chosen = min(about["fits"], key=lambda fit: fit["validation_loss"])
    result["ours"] = {
        "strength": chosen["strength"], "score": score(about["metric"], chosen["answers"], actual),
        "seconds": round(about["seconds"], 3)}
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegressionCV(Cs=10, cv=5).fit(vectors["train"], y)
    seconds = time.perf_counter() - start
    result["theirs"] = {
        "strength": float(np.ravel(model.C_)[0]),
        "score": score(about["metric"], model.predict(vectors["test"]), actual),
        "seconds": round(seconds, 3)}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--results", required=True, type=pathlib.Path)
    parser.add_argument("--bench", default=".build/release/eptbench")
    parser.add_argument("--rows", default="1000000", help="most training rows")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--tasks", default=" ".join(TASKS))
    arguments = parser.parse_args()
    for task in arguments.tasks.split():
        folder = arguments.work / task
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [arguments.bench, "head", arguments.model, task, arguments.data, arguments.rows,
             arguments.threads, str(folder)], check=True)
        line = {"task": task, "model": pathlib.Path(arguments.model).name, **compare(folder)}
        print(json.dumps(line), flush=True)
        with arguments.results.open("a") as results:
            results.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
