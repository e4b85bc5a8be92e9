"""A run on disk: `run.json` and one Parquet file a table."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import UsageError

RUN_FILE = "run.json"


def prepare(folder: Path) -> None:
    """Make sure that a run can be written there, before it is run.

    Raises UsageError when the place is a file, is not writable, or holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder} is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RUN_FILE).exists():
        raise UsageError(f"--out {folder} holds something that is not a run; name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {folder} cannot be made: {error.strerror}") from None
    if not os.access(folder, os.W_OK):
        raise UsageError(f"--out {folder} is not writable")


def write(folder: Path, run: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the tables, then `run.json`: a folder with it is whole.

    The bytes depend on the content alone: no time, no index, no statistics of the writer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RUN_FILE).unlink(missing_ok=True)
    for name, table in tables.items():
        _replace(folder / f"{name}.parquet", lambda path, t=table: _parquet(path, t))
    text = json.dumps(run, indent=2, ensure_ascii=False) + "\n"
    _replace(folder / RUN_FILE, lambda path: path.write_text(text, encoding="utf-8"))


def read(folder: Path) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """`run.json` and the tables of a run. Raises UsageError when there is none."""
    try:
        run = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} holds no readable {RUN_FILE}: {error}") from None
    return run, {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


def _parquet(path: Path, table: pd.DataFrame) -> None:
    table.to_parquet(path, engine="pyarrow", index=False, compression="zstd")


def _replace(path: Path, writer: Any) -> None:
    """Whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    writer(draft)
    draft.replace(path)
