"""The functions of libeptc, as eptc.h declares them. ctypes lets other threads run while it calls them."""

from __future__ import annotations

import ctypes
import os
import pathlib
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_bool,
    c_char_p,
    c_double,
    c_float,
    c_int,
    c_int32,
    c_int64,
    c_size_t,
    c_void_p,
)

from eptc._errors import error_of

OK, INTERRUPTED = 0, 130
POOLINGS = {None: 0, "mean": 1, "cls": 2, "last": 3}


class Text(Structure):
    _fields_ = [("bytes", c_char_p), ("length", c_size_t)]


class Rows(Structure):
    _fields_ = [("texts", POINTER(Text)), ("labels", POINTER(c_int32)), ("count", c_size_t)]


class Tuning(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("fields", POINTER(Text)),
        ("field_count", c_size_t),
        ("labels", POINTER(Text)),
        ("label_count", c_size_t),
        ("train", Rows),
        ("validation", Rows),
        ("settings", c_char_p),
    ]


class TuningProgress(Structure):
    _fields_ = [
        ("step", c_int64),
        ("steps", c_int64),
        ("loss", c_double),
        ("validation", c_double),
    ]


ProgressFunction = CFUNCTYPE(None, POINTER(TuningProgress), c_void_p)
StopFunction = CFUNCTYPE(c_bool, c_void_p)


class Hooks(Structure):
    _fields_ = [
        ("progress", ProgressFunction),
        ("should_stop", StopFunction),
        ("context", c_void_p),
    ]


# A message that the caller releases: not c_char_p, which would lose its address.
_Message = POINTER(c_void_p)
_Handle = POINTER(c_void_p)
_SIGNATURES = {
    "eptc_status_name": (c_char_p, [c_int]),
    "eptc_string_free": (None, [c_void_p]),
    "eptc_model_open": (c_int, [c_char_p, c_int32, _Handle, _Message]),
    "eptc_model_close": (None, [c_void_p]),
    "eptc_model_dimensions": (c_size_t, [c_void_p]),
    "eptc_task_load": (c_int, [c_void_p, c_char_p, _Handle, _Message]),
    "eptc_task_save": (c_int, [c_void_p, c_char_p, c_bool, _Message]),
    "eptc_task_close": (None, [c_void_p]),
    "eptc_task_name": (c_char_p, [c_void_p]),
    "eptc_task_label_count": (c_size_t, [c_void_p]),
    "eptc_task_label": (c_char_p, [c_void_p, c_size_t]),
    "eptc_task_field_count": (c_size_t, [c_void_p]),
    "eptc_task_field": (c_char_p, [c_void_p, c_size_t]),
    "eptc_task_validation": (c_double, [c_void_p]),
    "eptc_task_classify": (
        c_int, [c_void_p, POINTER(Text), c_size_t, POINTER(c_float), _Message]),
    "eptc_model_embed": (
        c_int,
        [c_void_p, c_void_p, POINTER(Text), c_size_t, c_int, c_bool, POINTER(c_float), _Message],
    ),
    "eptc_model_tune": (
        c_int, [c_void_p, POINTER(Tuning), POINTER(Hooks), _Handle, _Message]),
}


def _open() -> ctypes.CDLL:
    """The library in the package, or the one that EPTC_LIBRARY names."""
    beside = pathlib.Path(__file__).with_name("libeptc.so")
    library = ctypes.CDLL(os.environ.get("EPTC_LIBRARY") or str(beside))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


library = _open()


def call(name: str, *arguments: object, allowed: tuple[int, ...] = ()) -> int:
    """Calls the function `name` and raises what went wrong; gives back the status."""
    message = c_void_p()
    status = getattr(library, name)(*arguments, ctypes.byref(message))
    if status == OK or status in allowed:
        return status
    text = ctypes.string_at(message.value).decode("utf-8", "replace") if message.value else ""
    library.eptc_string_free(message)
    raise error_of(status, text or library.eptc_status_name(status).decode())
