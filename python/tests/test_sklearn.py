"""EPTClassifier as scikit-learn uses estimators."""

import os
import pathlib
import pickle
import unittest
import warnings

import numpy

try:
    import sklearn
except ImportError:
    sklearn = None

FOLDER = pathlib.Path(os.environ["EPT_TEST_FOLDER"])
TEXTS = ["a lovely film", "a dull film", "a good meal", "a cold meal", "very good", "not good"] * 5
LABELS = [1, 0] * 15


@unittest.skipIf(sklearn is None, "needs scikit-learn")
class EPTClassifierTests(unittest.TestCase):
    def estimator(self, **arguments):
        from eptc.sklearn import EPTClassifier

        return EPTClassifier(str(FOLDER / "model.ept"), **{"steps": 4, "batch": 4, **arguments})

    def test_check_estimator(self):
        from sklearn.utils.estimator_checks import check_estimator

        with warnings.catch_warnings():
            # Checks with matrices of numbers are left out by scikit-learn: the input is texts.
            warnings.simplefilter("ignore")
            results = check_estimator(self.estimator(), on_fail=None)
        failed = [result["check_name"] for result in results if result["status"] == "failed"]
        self.assertEqual(failed, [])
        self.assertTrue(any(result["status"] == "passed" for result in results))

    def test_fit_predict(self):
        estimator = self.estimator().fit(TEXTS, LABELS)
        probabilities = estimator.predict_proba(TEXTS)
        self.assertEqual(probabilities.shape, (30, 2))
        numpy.testing.assert_allclose(probabilities.sum(axis=1), 1)
        predicted = estimator.predict(TEXTS)
        self.assertEqual(predicted.dtype.kind, "i")
        self.assertTrue(set(predicted) <= {0, 1})
        numpy.testing.assert_array_equal(estimator.classes_, [0, 1])
        self.assertEqual(estimator.score(TEXTS, LABELS), (predicted == LABELS).mean())
        copy = pickle.loads(pickle.dumps(estimator))
        numpy.testing.assert_array_equal(copy.predict_proba(TEXTS), probabilities)

    def test_arrays_and_pairs(self):
        array = numpy.array(TEXTS)
        expected = self.estimator().fit(TEXTS, LABELS).predict_proba(TEXTS)
        for X in (array, array.astype(object), array.reshape(-1, 1)):
            numpy.testing.assert_array_equal(
                self.estimator().fit(X, LABELS).predict_proba(X), expected)
        pairs = numpy.array([[text, "really"] for text in TEXTS], dtype=object)
        names = numpy.array(["no", "yes"])[LABELS]
        estimator = self.estimator().fit(pairs, names)
        self.assertTrue(set(estimator.predict(pairs)) <= {"no", "yes"})

    def test_pipeline_and_cross_validation(self):
        from sklearn.base import clone
        from sklearn.model_selection import GridSearchCV, cross_val_score
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer

        def lower(texts):
            return [text.lower() for text in texts]

        pipeline = make_pipeline(FunctionTransformer(lower), self.estimator())
        self.assertEqual(len(cross_val_score(pipeline, TEXTS, LABELS, cv=3)), 3)
        search = GridSearchCV(self.estimator(), {"steps": [1, 2]}, cv=2).fit(TEXTS, LABELS)
        self.assertIn(search.best_params_["steps"], (1, 2))
        self.assertEqual(clone(self.estimator(steps=9)).steps, 9)

    def test_errors(self):
        from sklearn.exceptions import NotFittedError

        with self.assertRaises(NotFittedError):
            self.estimator().predict(TEXTS)
        with self.assertRaises(ValueError):
            self.estimator().fit(TEXTS, [0] * 30)
        with self.assertRaises(ValueError):
            self.estimator().fit(TEXTS, LABELS[:-1])
        with self.assertRaises(ValueError):
            self.estimator().fit("a film", [0])


if __name__ == "__main__":
    unittest.main()
