"""What can go wrong."""

from __future__ import annotations


class Error(Exception):
    """A failure of the library; `status` is the exit status that the command `eptc` has for it."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class InvalidInput(Error, ValueError):
    """An argument, a text or a file's contents that cannot be used."""


class FileError(Error, OSError):
    """A file that cannot be read or written."""


_KINDS = {64: InvalidInput, 65: InvalidInput, 66: FileError, 73: FileError, 74: FileError}


def error_of(status: int, message: str) -> Error:
    """The exception for what a call of the C library gave back."""
    return _KINDS.get(status, Error)(message, status)
