"""Faults in an adapter's own code, said as one sentence that names the line."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.errors import AdapterError, PlimsollError
from sim.protocol.adapter import Adapter


@contextmanager
def mending(adapter: Adapter) -> Iterator[None]:
    """Turn what goes wrong in the adapter's file into an AdapterError; let all else pass."""
    try:
        yield
    except PlimsollError:
        raise
    except Exception as error:
        file = inspect.getfile(type(adapter))
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
        if not lines:
            raise
        raise AdapterError(
            f"the adapter {adapter.name} fails at {Path(file).name}:{lines[-1]}: "
            f"{type(error).__name__}: {error}"
        ) from error
