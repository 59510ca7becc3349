"""An estimator of scikit-learn: `pip install eptc[sklearn]`."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping, Optional, Sequence, Union

import numpy
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from eptc._model import Model, Path, Progress, Task
from eptc._texts import Row


class EPTClassifier(ClassifierMixin, BaseEstimator):
    """Classifies texts by a prompt that is tuned on a frozen backbone.

    Parameters
    ----------
    model : path of a .ept file, or Model
    steps : training steps; None trains until the validation rows improve no more.
    batch : texts of a step.
    random_state : seed of all random choices, 0 or more.
    settings : further settings of `Model.tune`, such as {"method": "head"}.
    threads : threads that compute, None for one a processor; not for a Model, which has its own.

    Attributes
    ----------
    classes_ : the labels, sorted, in the order of `predict_proba`'s columns.
    task_ : the tuned Task; `task_.save("file.eptb")` keeps it for `eptc infer`.
    """

    def __init__(
        self,
        model: Union[Path, Model],
        *,
        steps: Optional[int] = None,
        batch: int = 32,
        random_state: int = 42,
        settings: Optional[Mapping[str, Any]] = None,
        threads: Optional[int] = None,
    ) -> None:
        self.model = model
        self.steps = steps
        self.batch = batch
        self.random_state = random_state
        self.settings = settings
        self.threads = threads

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags

    def fit(
        self,
        X: Iterable[Row],
        y: Iterable[Any],
        *,
        progress: Optional[Callable[[Progress], None]] = None,
    ) -> "EPTClassifier":
        """Tunes on the texts X with the labels y."""
        rows = _rows(X)
        labels = column_or_1d(numpy.asarray(y), warn=True)
        check_classification_targets(labels)
        if len(rows) != len(labels):
            raise ValueError(f"X has {len(rows)} rows, but y has {len(labels)} labels")
        if not rows:
            raise ValueError("X has no rows")
        self.classes_ = numpy.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class, {self.classes_[0]!r}; two or more are needed")
        model = self.model
        if not isinstance(model, Model):
            model = Model(model, threads=self.threads or 0)
        count = 1 if isinstance(rows[0], str) else len(rows[0])
        fields = ["text"] if count == 1 else [f"text{place + 1}" for place in range(count)]
        settings = {
            "steps": self.steps, "batch": self.batch, "seed": int(self.random_state),
            **(self.settings or {}),
        }
        self.task_: Task = model.tune(
            rows, labels, fields=fields, classes=self.classes_, progress=progress, **settings)
        return self

    def predict_proba(self, X: Iterable[Row]) -> NDArray[numpy.float64]:
        """The probability of each class for each text, [rows, classes]."""
        check_is_fitted(self)
        probabilities = self.task_.predict_proba(_rows(X)).astype(numpy.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def predict(self, X: Iterable[Row]) -> NDArray[Any]:
        """The most probable class for each text."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def _rows(X: Iterable[Row]) -> Sequence[Row]:
    """The rows of a list, an array, or a Series or DataFrame of pandas."""
    if isinstance(X, (str, bytes)):
        raise ValueError("X must have several texts, not be one string")
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    rows = list(X)
    if rows and isinstance(rows[0], numpy.ndarray) and len(rows[0]) == 1:
        return [row[0] for row in rows]
    return rows
