"""What reports of studies show: heat maps and curves, losses, borrowing against loss, tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import altair as alt
import pandas as pd

from sim.experiments.figures import COLUMNS
from sim.experiments.pareto import front as unbeaten
from sim.report.bars import FRONT, TRIAL, dots, exceedance, front, heat, lines
from sim.report.document import Figure, Grid, Section
from sim.report.sweep import in_percent, interval
from sim.report.theme import configured
from sim.report.words import called, measured

RISKS = ("bad_debt_es95", "loss_es95", "liquidation_at_risk", "insolvency", "borrower_loss_mean")
"""Figures drawn against the parameters, where the study has them."""
ACROSS = "What each figure does across the parameters; bars are 95 % intervals, where not cut"
LOSS = "loss"
GAIN, RISK = "capital_efficiency_mean", f"{LOSS}_es95"
"""What is weighed: how much may be borrowed on collateral, and what lenders lose in the tail."""
LOSSES = {LOSS: "shortfall and bad debt", "bad_debt": "bad debt alone"}
"""Whose distributions are drawn, and what they are, at the end of a run."""
MARKS = ("loss_var95", "loss_es95", "loss_es99")
DECIMALS = 6
FAR = 2
"""Times the largest figure: where intervals are cut."""
ENOUGH = 3
"""Runs that lose something, for a curve of losses."""


def of(tails: pd.DataFrame, figure: str) -> pd.DataFrame:
    """A figure's row of every point that has it."""
    return tails[tails["figure"] == figure].dropna(subset=["value"])


def across(
    tails: pd.DataFrame, points: pd.DataFrame, keys: Sequence[str], scattered: bool = False
) -> Iterator[Figure]:
    """A heat map where two parameters vary on a grid, else curves over the first, a series for
    each value of the second; of points that are `scattered` each figure over each parameter."""
    varying = [key for key in keys if points[key].nunique() > 1]
    numeric = [key for key in varying if pd.api.types.is_numeric_dtype(points[key])]
    if not numeric:
        return
    others = [key for key in varying if key not in numeric]
    grid = len(numeric) == 2 and not others and len(points) <= _cells(points, numeric)
    named = points.rename(columns={key: _column(key) for key in keys}).round(DECIMALS)
    panels = []
    for figure in (*RISKS, GAIN):
        table = _finite(of(in_percent(tails), figure))
        if table["value"].nunique() < 2:
            continue
        table = table.merge(named, on="point")
        x, unit = _column(numeric[0]), measured(figure)
        if scattered or (len(numeric) > 1 and not grid and not _few(points, numeric[1])):
            panels += [dots(table, _column(key), "value", (key, unit)) for key in numeric[:2]]
        elif grid:
            names = (numeric[0], numeric[1], unit)
            panels.append(heat(table, x, _column(numeric[1]), "value", names))
        else:
            series = next((_column(key) for key in (*others, *numeric[1:])), "")
            panels.append(lines(table, x, "value", (numeric[0], unit), series))
    if panels:
        whole = alt.concat(*panels, columns=2, spacing=24)
        whole = whole.resolve_scale(color="independent")
        yield Figure("across", ACROSS, configured(whole))


def weighed(tails: pd.DataFrame, points: pd.DataFrame, keys: Sequence[str]) -> list[Section]:
    """Borrowing against loss, and the points that no other beats in both."""
    gain, risk = of(tails, GAIN), of(tails, RISK)
    if gain.empty or not risk["value"].any() or len(risk) < 2:
        return []
    table = risk[["point", "value", "low", "high"]].rename(columns={"value": "loss"})
    table = table.merge(gain[["point", "value"]].rename(columns={"value": "gain"}), on="point")
    best = unbeaten(table.assign(gain=-table["gain"])[["gain", "loss"]].to_numpy())
    order = table.iloc[best].sort_values("gain", ascending=False)["point"].tolist()
    table["kind"] = [FRONT if point in order else TRIAL for point in table["point"]]
    table["label"] = table["point"].map({point: str(i) for i, point in enumerate(order, 1)})
    drawn = front(table.fillna({"label": ""}), "gain", "loss", (measured(GAIN), measured(RISK)))
    return [
        Section(
            "Borrowing against loss",
            [
                Figure("front", "Bars are 95 % intervals, dotted where they reach further",
                       configured(drawn)),
                front_grid(tails, points, keys, order, (GAIN, RISK)),
            ],
        )
    ]  # fmt: skip


def front_grid(
    tails: pd.DataFrame,
    points: pd.DataFrame,
    keys: Sequence[str],
    order: Sequence[int],
    figures: Sequence[str],
) -> Grid:
    """The points of a front by their number in its chart."""
    table = _wide(tails, points, keys, figures).set_index("point").loc[list(order)]
    table.insert(0, "number", range(1, len(order) + 1))
    title = "No other point beats these in all of it at once; in brackets the 95 % interval"
    return Grid("front", title, table, estimates=[measured(name) for name in figures])


def losses(
    runs: pd.DataFrame, tails: pd.DataFrame, points: pd.DataFrame, chosen: Sequence[int]
) -> list[Section]:
    """What lenders lose at a few points, with quantiles; where they lose anything."""
    names = dict(zip(points["point"], points["name"], strict=True))
    drawn = []
    for point in chosen:
        mine = runs[runs["point"] == point]
        lost = {said: mine[COLUMNS[what]].astype(float) for what, said in LOSSES.items()}
        lost = {said: each for said, each in lost.items() if (each > 0).sum() >= ENOUGH}
        if not lost:
            continue
        found = tails[tails["point"] == point].set_index("figure")["value"]
        marks = [(called(name), float(found[name])) for name in MARKS if name in found]
        weights = mine["weight"].astype(float)
        chart = exceedance({said: each.tolist() for said, each in lost.items()},
                           weights.tolist(), "loss, USD", marks)  # fmt: skip
        total = mine[COLUMNS[LOSS]].astype(float) > 0
        title = (
            f"{names[point]}: something is lost in {int(total.sum()):,} of {len(mine):,} runs"
            f"{_weight(weights, total)}"
        )
        drawn.append(Figure(f"losses-{point}", title, configured(chart)))
    return [Section("What lenders lose", drawn)] if drawn else []


def _weight(weights: pd.Series[float], happened: pd.Series[bool]) -> str:
    if (weights == 1).all():
        return ""
    return f", which weigh {100 * weights[happened].sum() / len(weights):.2g} %"


def by_point(tails: pd.DataFrame, points: pd.DataFrame, keys: Sequence[str]) -> Grid:
    """A row a point, a figure and its interval a column."""
    shown = [name for name in (*RISKS, GAIN) if name in set(tails["figure"])]
    table = _wide(tails, points, keys, shown).drop(columns="point")
    title = "In brackets the 95 % interval, … where runs are too few to bound it"
    return Grid("points", title, table, estimates=[measured(name) for name in shown])


def every(tails: pd.DataFrame, points: pd.DataFrame, keys: Sequence[str]) -> Grid:
    """Every estimate of every point."""
    table = points[["point", *keys]].merge(tails, on="point").drop(columns="point")
    order = {name: rank for rank, name in enumerate(dict.fromkeys(tails["figure"]))}
    table = table.sort_values("figure", key=lambda names: names.map(order), kind="stable")
    return Grid("figures", "Every estimate of every point", table, folded=True)


def left_out(failed: pd.DataFrame, refused: Sequence[Mapping[str, Any]]) -> list[Section]:
    """Runs that failed and points that the scenario refuses."""
    parts = []
    if len(failed):
        parts.append(Grid("failures", "Runs that came to nothing", failed))
    if refused:
        rows = [(json.dumps(each["params"]), each["reason"]) for each in refused]
        table = pd.DataFrame(rows, columns=["parameters", "reason"])
        parts.append(Grid("refused", "Points that the scenario does not allow", table))
    return [Section("Left out", parts)] if parts else []


def _wide(
    tails: pd.DataFrame, points: pd.DataFrame, keys: Sequence[str], figures: Sequence[str]
) -> pd.DataFrame:
    """Columns point, the parameters, and a figure with its interval each."""
    rows = in_percent(tails[tails["figure"].isin(figures)])
    rows = rows.assign(text=rows.apply(interval, axis=1))
    wide = rows.pivot(index="point", columns="figure", values="text").reset_index()
    table = points[["point", *keys]].merge(wide[["point", *figures]], on="point")
    return table.rename(columns={name: measured(name) for name in figures})


def _finite(table: pd.DataFrame) -> pd.DataFrame:
    """Intervals without an end are drawn without it; one that reaches far beyond all figures is
    cut, or they would all lie on the axis."""
    high = table["high"].where(table["high"].map(isfinite), table["value"])
    return table.assign(
        low=table["low"].where(table["low"].map(isfinite), table["value"]),
        high=high.clip(upper=FAR * table["value"].max()),
    )


def _column(key: str) -> str:
    """A column's name without the dot, which Vega reads as a path."""
    return key.replace(".", " ")


def _few(points: pd.DataFrame, key: str) -> bool:
    """Values that can each have a colour."""
    return int(points[key].round(DECIMALS).nunique()) <= 6


def _cells(points: pd.DataFrame, keys: Sequence[str]) -> int:
    """Of the grid that these parameters span."""
    first, second = (points[key].round(DECIMALS).nunique() for key in keys)
    return int(first * second)
