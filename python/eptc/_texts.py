"""Texts and rows as the C library takes them."""

from __future__ import annotations

from typing import Iterable, Sequence, Union

import numpy

from eptc._library import Text

Row = Union[str, Sequence[str]]


def text_array(texts: Sequence[str]) -> "ctypes.Array[Text]":  # noqa: F821
    """`texts` as UTF-8; the array keeps the bytes alive."""
    array = (Text * len(texts))()
    for place, text in enumerate(texts):
        # A lone surrogate becomes bytes that are no UTF-8, which the library reads as U+FFFD.
        encoded = text.encode("utf-8", "surrogatepass")
        array[place] = Text(encoded, len(encoded))
    return array


def rows_of(texts: Iterable[Row], fields: int) -> list[tuple[str, ...]]:
    """One tuple of `fields` strings for each of `texts`.

    A row is a string, if it has one text, or a sequence of strings.
    """
    if isinstance(texts, (str, bytes)):
        raise TypeError("texts must be a sequence of strings, not one string")
    rows = []
    for place, row in enumerate(texts):
        values = (row,) if isinstance(row, str) else tuple(_sequence(row, place))
        if len(values) != fields:
            raise ValueError(f"row {place} has {len(values)} texts where {fields} are expected")
        for value in values:
            if not isinstance(value, str):
                raise TypeError(f"row {place} has {type(value).__name__}, not a string")
        rows.append(values)
    return rows


def _sequence(row: object, place: int) -> Sequence[object]:
    if isinstance(row, (list, tuple, numpy.ndarray)):
        return row
    raise TypeError(f"row {place} is {type(row).__name__}, neither a string nor a sequence of them")


def flat(rows: list[tuple[str, ...]]) -> list[str]:
    """All texts, row by row."""
    return [text for row in rows for text in row]
