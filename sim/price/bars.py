"""Reads a CSV of prices or of OHLC bars, and says exactly what is wrong with it."""

from __future__ import annotations

import csv
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from sim.errors import DataError

NAMES = {
    "time": ("time", "timestamp", "datetime", "date", "dt", "unix", "open time", "open_time"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c", "price", "value"),
}
"""Accepted header spellings, lower case, best first."""

LARGEST_STEP = 1.5
"""A step longer than this many median steps is a gap."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Seconds since the epoch, USD; a plain price has all four equal."""

    line: int
    time: float
    open: float
    high: float
    low: float
    close: float


@dataclass(frozen=True, slots=True)
class Bars:
    bars: list[Bar]
    step: float
    """Median seconds from one bar to the next."""
    are_ohlc: bool


def read(path: Path) -> Bars:
    """Bars in the order of time. Raises DataError naming file, line, value, what is allowed."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), 1) if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"price file {path} cannot be read: {reason}") from None
    if not rows:
        raise DataError(f"price file {path} is empty; a header and two lines are the least")
    columns = _columns(path, rows[0][1])
    are_ohlc = "open" in columns
    bars = [_bar(path, number, row, columns) for number, row in rows[1:]]
    if len(bars) < 2:
        raise DataError(
            f"price file {path} has too little data ({len(bars)} lines); two are the least"
        )
    return Bars(bars, _check_steps(path, bars), are_ohlc)


def _columns(path: Path, header: Sequence[str]) -> dict[str, int]:
    spelled = [name.strip().lower() for name in header]
    found = {
        column: next(spelled.index(name) for name in names if name in spelled)
        for column, names in NAMES.items()
        if any(name in spelled for name in names)
    }
    ohlc = {"open", "high", "low"} & found.keys()
    if "time" not in found or "close" not in found or len(ohlc) in (1, 2):
        raise DataError(
            f"price file {path}, line 1: no recognisable header in {','.join(header)!r}; "
            "`time,price` or `time,open,high,low,close` is needed"
        )
    return found


def _bar(path: Path, line: int, row: Sequence[str], columns: dict[str, int]) -> Bar:
    if len(row) <= max(columns.values()):
        raise DataError(
            f"price file {path}, line {line} ends after {len(row)} columns, before the price"
        )
    time = _time(path, line, row[columns["time"]].strip())
    close = _price(path, line, row[columns["close"]].strip())
    if "open" not in columns:
        return Bar(line, time, close, close, close, close)
    opening, high, low = (
        _price(path, line, row[columns[name]].strip()) for name in ("open", "high", "low")
    )
    if low > min(opening, close) or high < max(opening, close):
        raise DataError(
            f"price file {path}, line {line}: low {low:g} and high {high:g} must enclose "
            f"open {opening:g} and close {close:g}"
        )
    return Bar(line, time, opening, high, low, close)


def _price(path: Path, line: int, text: str) -> float:
    try:
        price = float(text)
    except ValueError:
        price = math.nan
    if not (math.isfinite(price) and price > 0):
        raise DataError(f"price file {path}, line {line}: price {text!r} is not a number above 0")
    return price


def _time(path: Path, line: int, text: str) -> float:
    """ISO 8601 (UTC when it names no zone), or unix seconds, milli- or microseconds."""
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        if math.isfinite(number):
            # Seconds have 10 digits until the year 2286.
            return number / (1 if number < 1e11 else 1e3 if number < 1e14 else 1e6)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DataError(
            f"price file {path}, line {line}: time {text!r} is neither ISO 8601 nor unix seconds"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _check_steps(path: Path, bars: Sequence[Bar]) -> float:
    steps = [after.time - before.time for before, after in pairwise(bars)]
    for bar, step in zip(bars[1:], steps, strict=True):
        if step == 0:
            raise DataError(f"price file {path}, line {bar.line}: the time is there twice")
        if step < 0:
            raise DataError(
                f"price file {path}, line {bar.line}: the time is before that of the line "
                "above; times must rise"
            )
    usual = statistics.median(steps)
    for bar, step in zip(bars[1:], steps, strict=True):
        if step > LARGEST_STEP * usual:
            raise DataError(
                f"price file {path}, line {bar.line}: a gap of {step:g} s before it; at most "
                f"{LARGEST_STEP:g} times the usual {usual:g} s is allowed"
            )
    return usual
