"""Models and tuned tasks."""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
import tempfile
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Optional, Sequence, Union

import numpy
from numpy.typing import NDArray

from eptc import _library
from eptc._library import call, library
from eptc._texts import Row, flat, rows_of, text_array

Path = Union[str, "os.PathLike[str]"]

# Rows that one call computes: between two calls Python can be interrupted.
_ROWS_PER_CALL = 1024


@dataclass(frozen=True)
class Progress:
    """How far tuning has come."""

    step: int
    #: The last step; None while it is unknown.
    steps: Optional[int]
    #: Training loss, averaged over about 20 steps; None before the first.
    loss: Optional[float]
    #: The metric on the validation rows, if they have just been scored.
    validation: Optional[float]


class Model:
    """A backbone in memory, which any number of threads may use.

    `path` is a .ept file, which `eptc convert` writes. `threads` is how many threads compute, 0 for one a
    processor.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        self._handle: Optional[int] = None
        self.path = os.path.abspath(os.fspath(path))
        self.threads = threads
        handle = ctypes.c_void_p()
        call("eptc_model_open", os.fsencode(path), threads, ctypes.byref(handle))
        self._handle = handle.value

    def __repr__(self) -> str:
        return f"eptc.Model({self.path!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Model, (self.path, self.threads)

    def __deepcopy__(self, memo: object) -> "Model":
        return self

    def __del__(self) -> None:
        if self._handle:
            library.eptc_model_close(self._handle)
            self._handle = None

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        return library.eptc_model_dimensions(self._handle)

    def load(self, path: Path) -> "Task":
        """The tuned task in the .eptb file at `path`, which `eptc tune` or `Task.save` wrote."""
        handle = ctypes.c_void_p()
        call("eptc_task_load", self._handle, os.fsencode(path), ctypes.byref(handle))
        return Task(self, handle.value)

    def embed(
        self,
        texts: Iterable[Row],
        *,
        task: Optional["Task"] = None,
        pooling: Optional[str] = None,
        normalize: bool = True,
    ) -> NDArray[numpy.float32]:
        """One vector for each of `texts`: float32, [rows, dimensions].

        With `task` texts are read behind its prompt. `pooling` is "mean", "cls" or "last", by default what the
        task or the model says. With `normalize` vectors have length 1.
        """
        if pooling not in _library.POOLINGS:
            raise ValueError(f'pooling must be "mean", "cls" or "last", not {pooling!r}')
        rows = rows_of(texts, len(task.fields) if task else 1)
        vectors = numpy.empty((len(rows), self.dimensions), dtype=numpy.float32)
        _in_parts(
            rows, vectors,
            lambda texts, count, place: call(
                "eptc_model_embed", self._handle, task._handle if task else None, texts, count,
                _library.POOLINGS[pooling], normalize, place))
        return vectors

    def tune(
        self,
        texts: Iterable[Row],
        labels: Iterable[Any],
        *,
        name: str = "task",
        fields: Sequence[str] = ("text",),
        classes: Optional[Sequence[str]] = None,
        validation: Optional[tuple[Iterable[Row], Iterable[Any]]] = None,
        progress: Optional[Callable[[Progress], None]] = None,
        should_stop: Optional[Callable[[], bool]] = None,
        **settings: Any,
    ) -> "Task":
        """Tunes a task on labelled texts; the model stays as it is.

        `labels` has one label a text; `classes` gives all of them in the order that answers have, by default
        sorted. `validation` has texts and labels to choose the best step by, by default a tenth of each class.
        `settings` are the long flags of `eptc help tune`, with _ for -: `steps=500, seed=1`. If
        `should_stop` gives true between two steps, the task has the best parameters so far.
        """
        names = [str(label) for label in labels]
        known = sorted(set(names)) if classes is None else [str(name) for name in classes]
        train = _Labelled(rows_of(texts, len(fields)), names, known)
        held = _Labelled(
            rows_of(validation[0], len(fields)), [str(label) for label in validation[1]], known
        ) if validation else _Labelled([], [], known)
        field_texts, label_texts = text_array(list(fields)), text_array(known)
        tuning = _library.Tuning(
            name=name.encode(), fields=field_texts, field_count=len(fields), labels=label_texts,
            label_count=len(known), train=train.rows, validation=held.rows,
            settings=json.dumps(settings).encode())
        hooks = _Hooks(progress, should_stop)
        handle = ctypes.c_void_p()
        call(
            "eptc_model_tune", self._handle, ctypes.byref(tuning), ctypes.byref(hooks.pointers),
            ctypes.byref(handle), allowed=(_library.INTERRUPTED,))
        task = Task(self, handle.value)
        if hooks.failure is not None:
            raise hooks.failure
        return task


class Task:
    """A tuned task, ready to answer on its model. `Model.load` and `Model.tune` make it."""

    def __init__(self, model: Model, handle: Optional[int]) -> None:
        #: The model that answers.
        self.model = model
        self._handle = handle
        #: What the task is called.
        self.name: str = library.eptc_task_name(handle).decode("utf-8", "replace")
        #: The labels, in the order of `predict_proba`'s columns.
        self.labels: NDArray[numpy.str_] = numpy.array(
            [library.eptc_task_label(handle, index).decode()
             for index in range(library.eptc_task_label_count(handle))])
        #: What the texts of a row are called.
        self.fields: tuple[str, ...] = tuple(
            library.eptc_task_field(handle, index).decode()
            for index in range(library.eptc_task_field_count(handle)))

    def __repr__(self) -> str:
        return f"<eptc.Task {self.name}: {', '.join(self.labels)}>"

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            library.eptc_task_close(self._handle)
            self._handle = None

    def __reduce__(self) -> tuple[Any, ...]:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / f"{self.name}.eptb"
            self.save(path)
            return _task_of_bytes, (self.model, self.name, path.read_bytes())

    @property
    def validation(self) -> Optional[float]:
        """The metric on the rows that chose the best step; None if it is unknown."""
        return _known(library.eptc_task_validation(self._handle))

    def predict_proba(self, texts: Iterable[Row]) -> NDArray[numpy.float32]:
        """The probability of each label for each of `texts`: float32, [rows, labels].

        A text is a string; for a task of several, a sequence of them.
        """
        rows = rows_of(texts, len(self.fields))
        probabilities = numpy.empty((len(rows), len(self.labels)), dtype=numpy.float32)
        _in_parts(
            rows, probabilities,
            lambda texts, count, place: call(
                "eptc_task_classify", self._handle, texts, count, place))
        return probabilities

    def predict(self, texts: Iterable[Row]) -> NDArray[numpy.str_]:
        """The most probable label for each of `texts`, of equal ones the first."""
        return self.labels[self.predict_proba(texts).argmax(axis=1)]

    def save(self, path: Path, replace: bool = False) -> None:
        """Writes the task as a .eptb file, whole or not at all."""
        call("eptc_task_save", self._handle, os.fsencode(path), replace)


def _task_of_bytes(model: Model, name: str, contents: bytes) -> Task:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"{name}.eptb"
        path.write_bytes(contents)
        return model.load(path)


def _in_parts(
    rows: list[tuple[str, ...]],
    results: NDArray[numpy.float32],
    compute: Callable[[Any, int, Any], object],
) -> None:
    """Fills `results` for some of `rows` at a time."""
    for start in range(0, len(rows), _ROWS_PER_CALL):
        part = rows[start:start + _ROWS_PER_CALL]
        place = results[start:].ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        compute(text_array(flat(part)), len(part), place)


class _Labelled:
    """Labelled rows as the C library takes them; they live as long as this."""

    def __init__(self, rows: list[tuple[str, ...]], labels: list[str], classes: list[str]) -> None:
        if len(rows) != len(labels):
            raise ValueError(f"{len(rows)} texts have {len(labels)} labels")
        places = {name: place for place, name in enumerate(classes)}
        for label in labels:
            if label not in places:
                raise ValueError(f"the label {label!r} is none of: {', '.join(classes)}")
        self._texts = text_array(flat(rows))
        self._labels = (ctypes.c_int32 * len(labels))(*(places[label] for label in labels))
        self.rows = _library.Rows(self._texts, self._labels, len(rows))


class _Hooks:
    """Callbacks of tuning. What one of them raises ends it, and is kept in `failure`."""

    def __init__(
        self,
        progress: Optional[Callable[[Progress], None]],
        should_stop: Optional[Callable[[], bool]],
    ) -> None:
        self.failure: Optional[BaseException] = None

        def show(state: Any, _: object) -> None:
            try:
                if progress is not None and self.failure is None:
                    told = state.contents
                    progress(Progress(
                        told.step, told.steps or None, _known(told.loss), _known(told.validation)))
            except BaseException as error:
                self.failure = error

        def stop(_: object) -> bool:
            try:
                return self.failure is not None or bool(should_stop is not None and should_stop())
            except BaseException as error:
                self.failure = error
                return True

        self.pointers = _library.Hooks(
            _library.ProgressFunction(show), _library.StopFunction(stop), None)


def _known(number: float) -> Optional[float]:
    return None if number != number else number
