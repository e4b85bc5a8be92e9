"""An optimisation for people: the front, and the recommendation beside its confirmation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from sim.report.sweep import amount
from sim.report.words import called, short

MARK = "<- recommended"


def front(
    result: Mapping[str, Any], params: Mapping[int, Mapping[str, Any]], keys: Sequence[str]
) -> Table:
    """A row a point of the front: parameters, and each objective with its interval."""
    names = [each["figure"] for each in result["objectives"]]
    limits = " and ".join(result["constraints"])
    kept = sum(trial["feasible"] for trial in result["trials"])
    table = _table(
        f"Of {len(result['trials'])} trials"
        f"{f', {kept} of which keep to {limits},' if limits else ''} "
        "no other beats these in every objective"
    )
    for key in keys:
        table.add_column(key)
    for name in names:
        table.add_column(called(name), justify="right")
    table.add_column("")
    trials = {trial["point"]: trial for trial in result["trials"]}
    for point in result["front"]:
        settings = [short(params[point][key]) for key in keys]
        figures = [cell(trials[point][name]) for name in names]
        table.add_row(*settings, *figures, MARK if point == result["recommended"] else "")
    return table


def verdicts(result: Mapping[str, Any], seeds: int, confirm: int) -> Table:
    """What was claimed of the recommended point, and what came of it on fresh seeds."""
    chosen = ", ".join(f"{key}={short(value)}" for key, value in result["params"].items())
    table = _table(f"Recommended: {chosen}")
    table.add_column("")
    for head in (f"chosen on {seeds} seeds", f"on {confirm} fresh seeds", "",
                 "as it is, fresh seeds"):  # fmt: skip
        table.add_column(head, justify="right" if head else "left")
    for row in result["verdicts"]:
        said = held(row) if "kept" not in row else f"{held(row)}; {limit(row)}"
        figures = [cell(row[key]) for key in ("claimed", "confirmed", "as_it_is")]
        table.add_row(called(row["figure"]), *figures[:2], said, figures[2])
    return table


def held(row: Mapping[str, Any]) -> str:
    """Whether the two intervals overlap, in words."""
    words = {True: "holds", False: "does not hold", None: "had no upper end"}
    return words[row["holds"]]


def limit(row: Mapping[str, Any]) -> str:
    """Whether the constraint is kept on fresh seeds, in words."""
    if not row["kept"]:
        return "limit broken"
    return "limit surely kept" if row["surely"] else "limit kept, not surely"


def cell(of: Mapping[str, Any]) -> str:
    """An estimate of `optimize.json`: ``17.2k [6.1k 48k]``."""
    low, high = ("…" if of[end] is None else amount(of[end], 3) for end in ("low", "high"))
    value = "none" if of["value"] is None else amount(of["value"])
    return f"{value} [{low} {high}]"


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, pad_edge=False)
