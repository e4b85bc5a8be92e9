"""A sweep for people: a row a point, each figure with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan
from typing import Any, Protocol

import pandas as pd
from rich.table import Table

from sim.report.words import called, short

SHOWN = (
    "insolvency",
    "bad_debt_es95",
    "loss_es95",
    "liquidation_at_risk",
    "borrower_loss_mean",
    "capital_efficiency_mean",
)
"""Figures of a row."""
JUDGED = "loss_es95"
"""The figure for which the runs needed are said."""
PERCENT = ("insolvency",)
"""Figures that are shown in per cent."""


class Point(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def params(self) -> Any: ...


def table(points: Sequence[Point], keys: Sequence[str], tails: pd.DataFrame, hours: float) -> Table:
    """Money in USD over the horizon; in brackets the 95 % interval. `keys` are the parameters."""
    shown = Table(
        title=f"USD over {hours:,.1f} hours; in brackets the 95 % interval, … where runs are too "
        f"few to bound it; last, about how many runs bring {called(JUDGED)} to within 10 %",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for key in keys:
        shown.add_column(key.replace(".", " "))
    for name in SHOWN:
        head = called(name) + (", %" if name in PERCENT else "")
        shown.add_column(head, justify="right", min_width=11)
    shown.add_column("runs", justify="right")
    shown.add_column("needed", justify="right")
    by_point = {
        int(str(point)): rows.set_index("figure")
        for point, rows in in_percent(tails).groupby("point")
    }
    for point in points:
        mine = by_point.get(point.number)
        if mine is not None:
            settings = [short(point.params[key]) for key in keys]
            figures = [interval(mine.loc[name]).replace(" ", "\n", 1) for name in SHOWN]
            judged = mine.loc[JUDGED]
            shown.add_row(*settings, *figures, f"{judged['runs']:,.0f}", _needed(judged))
    return shown


def in_percent(tails: pd.DataFrame) -> pd.DataFrame:
    """The same with `PERCENT` in per cent."""
    ends = ["value", "low", "high"]
    factor = tails["figure"].isin(PERCENT).map({True: 100.0, False: 1.0})
    return tails.assign(**{end: tails[end] * factor for end in ends})


def interval(row: Any) -> str:
    """An estimate and its interval: `371k [120k …]`."""
    if isnan(row["value"]):
        return "none"
    low, high = (amount(row[end], 2) if isfinite(row[end]) else "…" for end in ("low", "high"))
    return f"{amount(row['value'])} [{low} {high}]"


def amount(figure: float, digits: int = 3) -> str:
    """1.23M, 45.6k, 0.0123."""
    rounded = float(f"{figure:.{digits}g}")
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(rounded) >= size:
            return f"{rounded / size:g}{unit}"
    return f"{rounded:g}"


def _needed(row: Any) -> str:
    return "…" if pd.isna(row["runs_needed"]) else amount(row["runs_needed"], 2)
