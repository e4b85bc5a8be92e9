"""An optimisation for people: the front, and the recommendation beside its confirmation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from sim.report.sweep import amount

MARK = "<- recommended"


def front(
    result: Mapping[str, Any], params: Mapping[int, Mapping[str, Any]], keys: Sequence[str]
) -> Table:
    """A row a point of the front: parameters, and each objective with its interval."""
    names = [each["figure"] for each in result["objectives"]]
    count = len(result["trials"])
    table = _table(f"Of {count} trials no other beats these in every objective")
    for key in keys:
        table.add_column(key)
    for name in names:
        table.add_column(_words(name), justify="right")
    table.add_column("")
    trials = {trial["point"]: trial for trial in result["trials"]}
    for point in result["front"]:
        settings = [_short(params[point][key]) for key in keys]
        figures = [_cell(trials[point][name]) for name in names]
        table.add_row(*settings, *figures, MARK if point == result["recommended"] else "")
    return table


def verdicts(result: Mapping[str, Any], seeds: int, confirm: int) -> Table:
    """What was claimed of the recommended point, and what came of it on fresh seeds."""
    chosen = ", ".join(f"{key}={_short(value)}" for key, value in result["params"].items())
    table = _table(f"Recommended: {chosen}")
    table.add_column("")
    for head in (f"on the {seeds} seeds it was chosen on", f"on {confirm} fresh seeds", "",
                 "scenario as it is, fresh seeds"):  # fmt: skip
        table.add_column(head, justify="right" if head else "left")
    for row in result["verdicts"]:
        holds = "holds" if row["holds"] else "does not hold"
        if row.get("kept") is False:
            holds = "breaks its constraint"
        figures = [_cell(row[key]) for key in ("claimed", "confirmed", "as_it_is")]
        table.add_row(_words(row["figure"]), *figures[:2], holds, figures[2])
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, pad_edge=False)


def _words(name: str) -> str:
    return name.removesuffix("_mean").replace("_", " ")


def _cell(of: Mapping[str, Any]) -> str:
    low, high = ("…" if of[end] is None else amount(of[end], 3) for end in ("low", "high"))
    value = "none" if of["value"] is None else amount(of["value"])
    return f"{value} [{low} {high}]"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
