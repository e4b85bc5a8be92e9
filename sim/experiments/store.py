"""Runs on disk: a JSON file that says what was run, and a Parquet file a table."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.errors import UsageError
from sim.tables import COLUMNS

RUN_FILE = "run.json"
AGAINST_FILE = "against.json"
"""Beside a run: what the same seed gave under other rules, a record each by what differed."""
MOST_KEPT = 1_000
"""Folders of one name."""


def prepare(folder: Path) -> None:
    """Make sure that a run can be written there, before it is run.

    Raises UsageError when the place is a file, is not writable, or holds something else.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RUN_FILE).exists():
        raise UsageError(f"--out {folder} holds something that is not a run; name another folder")
    prepare_folder(folder)


def vacant(folder: Path, ran: Mapping[str, Any] | None = None) -> Path:
    """`folder`, or `folder-2` and so on where that holds anything but a run of the same.

    `ran` is the part of a run's record that says what was run; None takes no place that is held.
    """
    places = (folder, *(folder.with_name(f"{folder.name}-{n}") for n in range(2, MOST_KEPT)))
    for place in places:
        if not place.exists() or (place.is_dir() and not any(place.iterdir())):
            return place
        if ran is not None and _holds(place, ran):
            return place
    raise UsageError(f"{folder} to {places[-1]} are taken; name a folder with --out")


def _holds(folder: Path, ran: Mapping[str, Any]) -> bool:
    try:
        record = read_json(folder, RUN_FILE)
    except UsageError:
        return False
    return all(record.get(key) == value for key, value in ran.items())


def prepare_folder(folder: Path) -> None:
    """Make a folder that can be written. Raises UsageError."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder} is a file; name a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {folder} cannot be made: {error.strerror}") from None
    if not os.access(folder, os.W_OK):
        raise UsageError(f"--out {folder} is not writable")


def write(
    folder: Path,
    record: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
) -> None:
    """Write the tables, then the record: a folder with it is whole.

    The bytes depend on the content alone: no time, no index, no statistics of the writer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for stale in (RUN_FILE, AGAINST_FILE):
        (folder / stale).unlink(missing_ok=True)
    for name, table in tables.items():
        write_table(folder / f"{name}.parquet", table)
    write_json(folder / RUN_FILE, record)


def write_table(path: Path, table: pd.DataFrame) -> None:
    """One Parquet file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, lambda draft: _parquet(draft, table))


def write_arrow(path: Path, table: pa.Table) -> None:
    """The same of an Arrow table, small even where it has few rows and many columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = {"write_statistics": False, "use_dictionary": False, "store_schema": False}
    _replace(path, lambda draft: pq.write_table(table, draft, compression="zstd", **plain))


def write_json(path: Path, content: Any) -> None:
    """One JSON file, whole or not at all."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    _replace(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def read(folder: Path) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """The record and the tables. Raises UsageError where there are none that can be read."""
    record = read_json(folder, RUN_FILE)
    tables = {path.stem: read_table(path) for path in sorted(folder.glob("*.parquet"))}
    for name, wanted in COLUMNS.items():
        there = tables[name].columns if name in tables else ()
        if record["summary"] and (missing := [each for each in wanted if each not in there]):
            raise UsageError(
                f"{folder / name}.parquet has no {missing[0]}: another version wrote it, or it is "
                f"not whole; `plimsoll run {folder / RUN_FILE}` makes it again"
            )
    return record, tables


def read_table(path: Path) -> pd.DataFrame:
    """Raises UsageError when it cannot be read."""
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def read_against(folder: Path) -> dict[str, dict[str, Any]]:
    """What a run was held against, by what differed; empty when it was alone."""
    return read_json(folder, AGAINST_FILE) if (folder / AGAINST_FILE).exists() else {}


def read_json(folder: Path, file: str) -> dict[str, Any]:
    """Raises UsageError when it cannot be read."""
    try:
        return json.loads((folder / file).read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} holds no readable {file}: {error}") from None


def _parquet(path: Path, table: pd.DataFrame) -> None:
    table.to_parquet(path, engine="pyarrow", index=False, compression="zstd")


def _replace(path: Path, writer: Any) -> None:
    """Whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    writer(draft)
    draft.replace(path)
