"""The package against the command line. scripts/test-python makes model.ept and sst2.eptb and names them."""

import json
import os
import pathlib
import pickle
import subprocess
import tempfile
import threading
import unittest

import numpy

import eptc

FOLDER = pathlib.Path(os.environ["EPT_TEST_FOLDER"])
TEXTS = ["a lovely film", "the meal was cold", "", "not very good", "naïve café \N{SNOWMAN}", "a\tb\0c"]


def command(*arguments, texts=TEXTS):
    """The objects that the command line answers to `texts` with."""
    lines = "".join(json.dumps({"sentence": text, "text": text}) + "\n" for text in texts)
    run = subprocess.run(
        [os.environ["EPTC"], *arguments, "--model", FOLDER / "model.ept", "--input-format", "jsonl",
         "--format", "jsonl", "--quiet"], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


class ModelTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = eptc.Model(FOLDER / "model.ept")
        cls.task = cls.model.load(FOLDER / "sst2.eptb")

    def test_answers_are_the_command_lines(self):
        expected = command("infer", FOLDER / "sst2.eptb")
        self.assertEqual(list(self.task.predict(TEXTS)), [answer["label"] for answer in expected])
        probabilities = self.task.predict_proba(TEXTS)
        self.assertEqual((probabilities.dtype, probabilities.shape), (numpy.float32, (len(TEXTS), 2)))
        for row, answer in zip(probabilities, expected):
            for label, probability in zip(self.task.labels, row):
                self.assertAlmostEqual(float(probability), answer["probabilities"][label], delta=5e-6)
        self.assertEqual((self.task.name, self.task.fields), ("sst2", ("sentence",)))

    def test_vectors_are_the_command_lines(self):
        for flags, arguments in (
            ([], {}), (["--no-normalize", "--pooling", "cls"], {"normalize": False, "pooling": "cls"}),
        ):
            vectors = self.model.embed(TEXTS, **arguments)
            self.assertEqual(vectors.shape, (len(TEXTS), self.model.dimensions))
            expected = [answer["embedding"] for answer in command("embed", *flags)]
            numpy.testing.assert_allclose(vectors, expected, atol=1e-5)
        behind = [answer["embedding"] for answer in command("embed", FOLDER / "sst2.eptb")]
        numpy.testing.assert_allclose(self.model.embed(TEXTS, task=self.task), behind, atol=1e-5)

    def test_many_rows_and_none(self):
        texts = [f"film {place}" for place in range(2500)]
        probabilities = self.task.predict_proba(texts)
        numpy.testing.assert_allclose(
            probabilities[2400:], self.task.predict_proba(texts[2400:]), atol=5e-6)
        self.assertEqual(self.task.predict_proba([]).shape, (0, 2))
        self.assertEqual(self.model.embed([]).shape, (0, self.model.dimensions))

    def test_threads_share_a_model(self):
        texts = [f"film {place}" for place in range(200)]
        expected = self.task.predict_proba(texts)
        results = [None] * 4

        def work(place):
            results[place] = self.task.predict_proba(texts)

        threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            numpy.testing.assert_allclose(result, expected, atol=5e-6)

    def test_errors(self):
        with self.assertRaises(eptc.FileError) as missing:
            eptc.Model(FOLDER / "nothing.ept")
        self.assertEqual(missing.exception.status, 66)
        self.assertIn("nothing.ept", str(missing.exception))
        with self.assertRaises(eptc.InvalidInput):
            self.model.load(FOLDER / "model.ept")
        with self.assertRaises(eptc.FileError) as there:
            self.task.save(FOLDER / "sst2.eptb")
        self.assertEqual(there.exception.status, 73)
        for texts, error in (("a film", TypeError), ([1], TypeError), ([("a", "b")], ValueError)):
            with self.assertRaises(error):
                self.task.predict(texts)
        with self.assertRaises(ValueError):
            self.model.embed(["a"], pooling="max")
        with self.assertRaises(eptc.InvalidInput) as unknown:
            self.model.tune(["a", "b"], [0, 1], epochs=3)
        self.assertIn("epochs", str(unknown.exception))

    def test_tune_save_load_pickle(self):
        texts = ["a lovely film", "a dull film", "good", "bad", "fine", "slow"] * 3
        labels = ["positive", "negative"] * 9
        seen = []
        task = self.model.tune(
            texts, labels, name="mood", steps=6, batch=4, seed=1, progress=seen.append)
        self.assertEqual(list(task.labels), ["negative", "positive"])
        self.assertEqual(seen[-1].step, 6)
        self.assertIsNotNone(task.validation)
        again = self.model.tune(texts, labels, name="mood", steps=6, batch=4, seed=1)
        expected = task.predict_proba(TEXTS)
        numpy.testing.assert_array_equal(expected, again.predict_proba(TEXTS))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "mood.eptb"
            task.save(path)
            numpy.testing.assert_array_equal(expected, self.model.load(path).predict_proba(TEXTS))
            answers = [answer["label"] for answer in command("infer", path, texts=TEXTS)]
        copy = pickle.loads(pickle.dumps(task))
        self.assertEqual(list(copy.predict(TEXTS)), list(task.predict(TEXTS)))
        self.assertEqual(answers, list(task.predict(TEXTS)))

    def test_tuning_stops(self):
        texts, labels = ["a", "b", "c", "d"], [0, 1, 0, 1]
        steps = []
        task = self.model.tune(
            texts, labels, steps=100, batch=2, progress=lambda state: steps.append(state.step),
            should_stop=lambda: len(steps) > 3)
        self.assertLess(steps[-1], 20)
        self.assertEqual(len(task.predict(texts)), 4)

        def fail(state):
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.model.tune(texts, labels, steps=100, batch=2, progress=fail)


if __name__ == "__main__":
    unittest.main()
