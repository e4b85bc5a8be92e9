"""What an optimisation's report says first: what is recommended, and whether that came true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

import pandas as pd

from sim.experiments import dataset, store
from sim.report.bars import AS_IT_IS, CHOSEN, CONFIRMED, FRONT, TRIAL, front
from sim.report.document import Figure, Grid, Section
from sim.report.optimum import cell, held, limit
from sim.report.study_parts import front_grid, losses
from sim.report.theme import configured
from sim.report.words import called, measured, short

Row = Mapping[str, Any]


def read(folder: Path) -> dict[str, Any] | None:
    """`optimize.json`; None where the study is none, or is not confirmed yet."""
    if not (folder / dataset.OPTIMUM).is_file():
        return None
    return store.read_json(folder, dataset.OPTIMUM)


def answer(optimum: Mapping[str, Any]) -> list[str]:
    """What is recommended, why, whether it held on fresh seeds, and what there would be else."""
    figures = [each["figure"] for each in optimum["objectives"]]
    limits = optimum["constraints"]
    within = f" of those that keep to {' and '.join(limits)}" if limits else ""
    told = [
        f"Recommended: {_params(optimum)}.",
        f"Of {len(optimum['trials'])} trials no other{within} "
        f"beats it in {' and '.join(map(called, figures))} at once, and on the front it is nearest "
        "to the best of each.",
    ]
    return [*told, *(_sentence(row) for row in optimum["verdicts"]), _else(optimum)]


def sections(
    optimum: Mapping[str, Any], folder: Path, points: pd.DataFrame, keys: Sequence[str]
) -> list[Section]:
    """The claim beside its confirmation, the front, and what is lost on fresh seeds."""
    confirmed = folder / f"confirm-{optimum['recommended']}"
    fresh = pd.DataFrame(
        [(0, f"recommended, {_params(optimum)}"), (1, "the scenario as it is")],
        columns=["point", "name"],
    )
    return [
        Section("The recommendation on fresh seeds", [_claims(optimum)]),
        _front(optimum, dataset.tails(folder), points, keys),
        *losses(dataset.runs(confirmed), dataset.tails(confirmed), fresh, (0, 1)),
    ]


def _params(optimum: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={short(value)}" for key, value in optimum["params"].items())


def _sentence(row: Row) -> str:
    claimed, found, name = row["claimed"], row["confirmed"], called(row["figure"])
    said = (
        f"{name[0].upper()}{name[1:]}: {cell(claimed)} on the {claimed['runs']:,} seeds "
        f"it was chosen on, {cell(found)} on {found['runs']:,} fresh ones: the claim {held(row)}."
    )
    return f"{said} {limit(row).capitalize()}." if "kept" in row else said


def _else(optimum: Mapping[str, Any]) -> str:
    told = [f"{called(row['figure'])} {cell(row['as_it_is'])}" for row in optimum["verdicts"]]
    return f"The scenario as it is, on the same fresh seeds: {', '.join(told)}."


def _claims(optimum: Mapping[str, Any]) -> Grid:
    rows = [
        (measured(row["figure"]), cell(row["claimed"]), cell(row["confirmed"]),
         f"{held(row)}; {limit(row)}" if "kept" in row else held(row), cell(row["as_it_is"]))
        for row in optimum["verdicts"]
    ]  # fmt: skip
    first = optimum["verdicts"][0]
    heads = [
        f"on the {first['claimed']['runs']:,} seeds it was chosen on",
        f"on {first['confirmed']['runs']:,} fresh seeds",
        "the claim",
        "scenario as it is, fresh seeds",
    ]
    table = pd.DataFrame(rows, columns=["figure", *heads])
    title = f"{_params(optimum)}; in brackets the 95 % interval"
    return Grid("confirmation", title, table, estimates=[heads[0], heads[1], heads[3]])


def _front(
    optimum: Mapping[str, Any], tails: pd.DataFrame, points: pd.DataFrame, keys: Sequence[str]
) -> Section:
    figures = [each["figure"] for each in optimum["objectives"]]
    listed = front_grid(tails, points, keys, optimum["front"], figures)
    listed.frame.insert(
        1, "", ["recommended" if p == optimum["recommended"] else "" for p in optimum["front"]]
    )
    if len(figures) < 2:
        return Section("The best", [listed])
    x, y = figures[:2]
    number = {point: str(i) for i, point in enumerate(optimum["front"], 1)}
    rows = [
        (_kind(trial, optimum), trial[x], trial[y], number.get(trial["point"], ""))
        for trial in optimum["trials"]
    ]
    by_name = {row["figure"]: row for row in optimum["verdicts"]}
    for kind, which in ((CONFIRMED, "confirmed"), (AS_IT_IS, "as_it_is")):
        rows.append((kind, by_name[x][which], by_name[y][which], ""))
    table = pd.DataFrame(
        [(kind, a["value"], b["value"], b["low"] or 0.0, _end(b["high"]), label)
         for kind, a, b, label in rows if a["value"] is not None and b["value"] is not None],
        columns=["kind", "x", "y", "low", "high", "label"],
    )  # fmt: skip
    drawn = configured(front(table, "x", "y", (measured(x), measured(y)), _limit(optimum, y)))
    title = "Bars are 95 % intervals, dotted where they reach further; grey: other trials"
    return Section("The front", [Figure("front", title, drawn), listed])


def _limit(optimum: Mapping[str, Any], figure: str) -> float | None:
    """That a figure must not exceed."""
    of = [text.partition("<=") for text in optimum["constraints"]]
    return min((float(bound) for name, sign, bound in of if sign and name == figure), default=None)


def _kind(trial: Row, optimum: Mapping[str, Any]) -> str:
    if trial["point"] == optimum["recommended"]:
        return CHOSEN
    return FRONT if trial["on_front"] else TRIAL


def _end(high: float | None) -> float:
    return inf if high is None else high
