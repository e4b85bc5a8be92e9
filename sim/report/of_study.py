"""The report of a study: a sweep over parameters, or the trials of an optimisation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from sim.errors import UsageError
from sim.experiments import dataset
from sim.experiments.figures import COLUMNS as RUN_COLUMNS
from sim.report.bars import distribution, front, heat, lines
from sim.report.document import Document, Figure, Grid, Section
from sim.report.sweep import interval
from sim.report.theme import configured
from sim.report.words import money

RISKS = ("bad_debt_es99", "loss_es99", "liquidation_at_risk", "insolvency", "borrower_loss_mean")
"""Figures drawn against the parameters, where the study has them."""
GAIN, RISK = "capital_efficiency_mean", "loss_es99"
"""What is weighed: how much may be borrowed on collateral, and what lenders lose in the tail."""
UNITLESS = ("insolvency", GAIN)
DECIMALS = 6


def of_study(folder: Path) -> Document:
    """Of a folder that `sim.experiments.dataset` describes, ended or not."""
    study, runs, tails = dataset.study(folder), dataset.runs(folder), dataset.tails(folder)
    if runs.empty or tails.empty:
        raise UsageError(f"{folder} holds a study without figures yet: it has not ended")
    failed = dataset.failures(folder)
    points = _points(study["points"])
    scenario = study["scenario"]
    keys = [key for key in points.columns if key not in ("point", "name")]
    sections = [
        Section("Across the parameters", list(_across(tails, points, keys))),
        *_weighed(tails, points),
        *_losses(runs, tails, points),
        Section(
            "Every figure",
            [_by_point(tails, points, keys), _every(tails, points, keys)],
            _precision(tails),
        ),
        *_left_out(failed, study["refused"]),
    ]
    return Document(
        title=f"{scenario['name']}: {len(points)} points, {len(runs):,} runs",
        question=scenario["question"] or f"Which {' and '.join(keys)}?",
        answer=answer(runs, tails, points, len(failed)),
        sections=sections,
        facts=[
            ("scenario", scenario["name"]),
            ("seeds", f"{study['seeds']['count']} from {study['seeds']['first']} on"),
            ("horizon", f"{study['horizon_hours']:,.1f} hours"),
            ("sampling", "plain" if not study["sampling"] else json.dumps(study["sampling"])),
            ("engine", study["engine"]),
            *((f"version of {name}", version) for name, version in study["code"].items()),
        ],
        command=study["command"],
        files={"The scenario": json.dumps(scenario, indent=2)},
    )


def answer(
    runs: pd.DataFrame, tails: pd.DataFrame, points: pd.DataFrame, failed: int = 0
) -> list[str]:
    """Which point loses least in the tail, which others cannot be told from it, and how sure."""
    names = dict(zip(points["point"], points["name"], strict=True))
    risk = _of(tails, RISK)
    best = risk.sort_values("value", kind="stable").iloc[0]
    if not risk["value"].any():
        return [
            f"Lenders lose nothing at any of {len(risk)} points: no shortfall and no bad debt at "
            f"the end of {len(runs):,} runs.",
            *_left(failed),
        ]
    near = risk[(risk["low"] <= best["high"]) & (risk["point"] != best["point"])]
    horizon = f"{best['horizon_hours']:,.0f} hours"
    sentences = [
        f"Least is lost at {names[best['point']]}: in the worst 1 % of runs over {horizon} "
        f"{money(best['value'])} on average ({_span(best)}, from {best['runs']:,} runs)."
    ]
    if len(near) == len(risk) - 1 and len(near):
        sentences.append("No point can be told from it: the intervals of all overlap.")
    elif len(near):
        sentences.append(f"{len(near)} of {len(risk) - 1} others cannot be told from it.")
    gain = _of(tails, GAIN).set_index("point")["value"]
    if len(gain):
        equal = [*near["point"], best["point"]]
        most = gain.loc[gain.index.isin(equal)].idxmax()
        if most != best["point"]:
            sentences.append(
                f"Of these, {names[most]} lets most be borrowed: {gain[most]:.3f} of debt for "
                f"each USD of collateral, against {gain[best['point']]:.3f}."
            )
    return [*sentences, *_left(failed)]


def _left(failed: int) -> list[str]:
    return [f"{failed:,} runs came to nothing and are left out."] if failed else []


def _span(row: pd.Series[Any]) -> str:
    high = money(row["high"]) if isfinite(row["high"]) else "no upper bound from so few runs"
    return f"95 % interval {money(max(0.0, row['low']))} to {high}"


def _precision(tails: pd.DataFrame) -> str:
    """How many runs would do."""
    needed = _of(tails, RISK)["runs_needed"]
    if needed.isna().any():
        return (
            f"There are too few runs to say how many would bring {RISK} to within 10 % at every "
            "point."
        )
    return f"About {needed.max():,.0f} runs a point would bring {RISK} to within 10 % at each."


def _points(points: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Columns point, name, and one a parameter."""
    rows = [{"point": each["point"], **each["params"]} for each in points]
    table = pd.DataFrame(rows)
    names = [", ".join(f"{k}={_short(v)}" for k, v in each["params"].items()) for each in points]
    table.insert(1, "name", names)
    return table


def _short(given: Any) -> str:
    return f"{given:.4g}" if isinstance(given, float) else str(given)


def _of(tails: pd.DataFrame, figure: str) -> pd.DataFrame:
    return tails[tails["figure"] == figure].dropna(subset=["value"])


def _finite(table: pd.DataFrame) -> pd.DataFrame:
    """Intervals without an end are drawn without it."""
    return table.assign(
        low=table["low"].where(table["low"].map(isfinite), table["value"]),
        high=table["high"].where(table["high"].map(isfinite), table["value"]),
    )


def _unit(figure: str) -> str:
    return figure.replace("_", " ") + ("" if figure in UNITLESS else ", USD")


def _across(tails: pd.DataFrame, points: pd.DataFrame, keys: Sequence[str]) -> list[Figure]:
    """A heat map where two parameters vary, else lines over the first, a series a second."""
    varying = [key for key in keys if points[key].nunique() > 1]
    numeric = [key for key in varying if pd.api.types.is_numeric_dtype(points[key])]
    others = [key for key in varying if key not in numeric]
    if not numeric:
        return []
    on_grid = len(numeric) == 2 and not others and len(points) <= _cells(points, numeric)
    named = points.rename(columns={key: _column(key) for key in keys}).round(DECIMALS)
    panels = []
    for figure in (*RISKS, GAIN):
        table = _finite(_of(tails, figure))
        if table["value"].nunique() < 2:
            continue
        table = table.merge(named, on="point")
        x, unit = _column(numeric[0]), _unit(figure)
        if on_grid:
            names = (numeric[0], numeric[1], unit)
            panels.append(heat(table, x, _column(numeric[1]), "value", names))
        else:
            series = next((_column(key) for key in (*others, *numeric[1:])), "")
            panels.append(lines(table, x, "value", (numeric[0], unit), series))
    if not panels:
        return []
    whole = alt.concat(*panels, columns=2 if on_grid else 1, spacing=24)
    whole = whole.resolve_scale(color="independent")
    return [Figure("across", "What each figure does across the parameters", configured(whole))]


def _column(key: str) -> str:
    """A column's name without the dot, which Vega reads as a path."""
    return key.replace(".", " ")


def _cells(points: pd.DataFrame, keys: Sequence[str]) -> int:
    """Of the grid that these parameters span."""
    first, second = (points[key].round(DECIMALS).nunique() for key in keys)
    return int(first * second)


def _weighed(tails: pd.DataFrame, points: pd.DataFrame) -> list[Section]:
    """Borrowing against loss, and the points that no other beats in both."""
    gain, risk = _of(tails, GAIN), _finite(_of(tails, RISK))
    if gain.empty or not risk["value"].any():
        return []
    table = risk[["point", "value", "low", "high"]].rename(columns={"value": "loss"})
    table = table.merge(gain[["point", "value"]].rename(columns={"value": "gain"}), on="point")
    table = table.merge(points[["point", "name"]], on="point")
    table["best"] = [
        not ((table["loss"] <= row.loss) & (table["gain"] >= row.gain)
             & ((table["loss"] < row.loss) | (table["gain"] > row.gain))).any()
        for row in table.itertuples()
    ]  # fmt: skip
    drawn = front(table, "gain", "loss", (_unit(GAIN), _unit(RISK)))
    return [Section("Borrowing against loss", [
        Figure("front", "Labelled: no other point allows more and loses less", configured(drawn)),
    ])]  # fmt: skip


def _losses(runs: pd.DataFrame, tails: pd.DataFrame, points: pd.DataFrame) -> list[Section]:
    """The losses of the best and of the worst point, with their quantiles; where there are any."""
    risk = _of(tails, RISK).sort_values("value", kind="stable")
    column = RUN_COLUMNS["loss"]
    names = dict(zip(points["point"], points["name"], strict=True))
    drawn = []
    for point in dict.fromkeys([risk["point"].iloc[0], risk["point"].iloc[-1]]):
        losses = runs.loc[runs["point"] == point, column].astype(float)
        if not losses.any():
            continue
        mine = tails[tails["point"] == point].set_index("figure")["value"]
        marks = [(name, float(mine[name])) for name in ("loss_var95", "loss_es99") if name in mine]
        title = f"{names[point]}: shortfall and bad debt at the end, {len(losses):,} runs"
        chart = configured(distribution(losses.tolist(), "loss, USD", marks))
        drawn.append(Figure(f"losses-{point}", title, chart))
    return [Section("Losses", drawn)] if drawn else []


def _by_point(tails: pd.DataFrame, points: pd.DataFrame, keys: Sequence[str]) -> Grid:
    """A row a point, a figure and its interval a column."""
    wide = tails.assign(text=tails.apply(interval, axis=1))
    wide = wide.pivot(index="point", columns="figure", values="text").reset_index()
    shown = [name for name in (*RISKS, GAIN) if name in wide]
    table = points[["point", *keys]].merge(wide[["point", *shown]], on="point")
    table = table.drop(columns="point").rename(columns={name: _unit(name) for name in shown})
    return Grid("points", "In brackets the 95 % interval", table)


def _every(tails: pd.DataFrame, points: pd.DataFrame, keys: Sequence[str]) -> Grid:
    table = points[["point", *keys]].merge(tails, on="point").drop(columns="point")
    order = {name: rank for rank, name in enumerate(dict.fromkeys(tails["figure"]))}
    table = table.sort_values("figure", key=lambda names: names.map(order), kind="stable")
    return Grid("figures", "Every estimate of every point", table, folded=True)


def _left_out(failed: pd.DataFrame, refused: Sequence[Mapping[str, Any]]) -> list[Section]:
    parts = []
    if len(failed):
        parts.append(Grid("failures", "Runs that came to nothing", failed))
    if refused:
        rows = [(json.dumps(each["params"]), each["reason"]) for each in refused]
        table = pd.DataFrame(rows, columns=["parameters", "reason"])
        parts.append(Grid("refused", "Points that the scenario does not allow", table))
    return [Section("Left out", parts)] if parts else []
