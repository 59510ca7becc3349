"""One frozen language model, a tiny prompt file per task."""

from eptc._errors import Error, FileError, InvalidInput
from eptc._model import Model, Progress, Task

__all__ = ["Error", "FileError", "InvalidInput", "Model", "Progress", "Task"]
__version__ = "0.2.0"
