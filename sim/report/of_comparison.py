"""The report of a comparison: the same seeds under different rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from sim.errors import UsageError
from sim.experiments import compared, dataset
from sim.metrics.interval import Interval, mean_interval, paired_difference
from sim.report.bars import distribution
from sim.report.comparison import bids, cells, decimals, legend
from sim.report.document import Document, Figure, Grid, Section
from sim.report.study_parts import left_out
from sim.report.theme import BLUE, amounts, configured
from sim.report.words import money

LOSS = "shortfall and bad debt, USD"
MOST = 6
"""Differences told in the answer, the largest for their uncertainty."""
COLUMNS = 3
"""Panels side by side."""
ENOUGH_RUNS = 8
"""For a distribution."""


def of_comparison(folder: Path) -> Document:
    """Of a folder that `sim.experiments.dataset` describes, of what was run until now."""
    study, failed = dataset.study(folder), dataset.failures(folder)
    runs, liquidations = compared.runs(folder), compared.liquidations(folder)
    if runs.empty:
        raise UsageError(f"{folder} holds a comparison without runs yet; --resume goes on with it")
    scenario = study["scenario"]
    vary = ", ".join(study["params"])
    seeds = study["seeds"]
    sections = [
        *_side_by_side(runs),
        Section(
            "All figures", [Grid("comparison", "By point", cells(runs))], " ".join(legend(runs))
        ),
    ]
    if not liquidations.empty:
        sections.append(Section("Bids", [Figure("bids", "Bids against value", bids(liquidations))]))
    if runs[LOSS].max() > 0 and runs["seed"].nunique() >= ENOUGH_RUNS:
        sections.append(Section("Losses", _losses(runs)))
    return Document(
        title=f"{scenario['name']}: {vary}; {len(study['points'])} points, {len(runs):,} runs",
        question=scenario["question"] or f"What does {vary} change in {scenario['name']}?",
        answer=[*answer(runs), *_left(study, len(runs) + len(failed))],
        sections=[*sections, *left_out(failed, study["refused"])],
        facts=[
            ("scenario", scenario["name"]),
            ("seeds", f"{seeds['count']} from {seeds['first']} on"),
            ("engine", study["engine"]),
            *((f"version of {name}", version) for name, version in study["code"].items()),
        ],
        command=study["command"],
        files={"The scenario": json.dumps(scenario, indent=2)},
    )


def _left(study: Mapping[str, Any], there: int) -> list[str]:
    asked = len(study["points"]) * study["seeds"]["count"]
    return [f"{asked - there:,} of {asked:,} runs are still to be made."] if there < asked else []


def answer(runs: pd.DataFrame) -> list[str]:
    """First who loses; then the differences that the seeds agree on, the surest first."""
    points = list(dict.fromkeys(runs["point"]))
    losses = {p: mean_interval(runs.loc[runs["point"] == p, LOSS].tolist()) for p in points}
    losing = [f"{p} by {money(max(0.0, loss.mean))}" for p, loss in losses.items() if loss.mean > 0]
    first = "Lenders lose nothing at any point, in any seed."
    if losing:
        first = f"Lenders lose, on average: {'; '.join(losing)}."
    if runs["seed"].nunique() < 2:
        return [first, "One seed says nothing about how sure these figures are."]
    found = [
        (figure, point, difference)
        for point in points[1:]
        for figure in runs.columns.drop(["point", "seed"])
        if (difference := _difference(runs, figure, point, points[0])).sure
    ]
    found.sort(key=lambda each: -abs(each[2].mean) / max(each[2].half, 1e-12))
    told = [_sentence(figure, point, points[0], by) for figure, point, by in found[:MOST]]
    return [first, *(told or ["No figure differs by more than the seeds do among themselves."])]


def _difference(runs: pd.DataFrame, figure: str, point: str, base: str) -> Interval:
    by_seed = runs.pivot(index="seed", columns="point", values=figure)
    return paired_difference(by_seed[point].tolist(), by_seed[base].tolist())


def _sentence(figure: str, point: str, base: str, by: Interval) -> str:
    turn = "rises" if by.mean > 0 else "falls"
    low, high = sorted((abs(by.low), abs(by.high)))
    places = decimals(by.mean)
    return (
        f"{point} instead of {base}: {figure} {turn} by {abs(by.mean):,.{places}f} "
        f"({low:,.{places}f} to {high:,.{places}f})."
    )


def _side_by_side(runs: pd.DataFrame) -> list[Section]:
    """A panel a figure that points differ in, a mean with its interval a point."""
    points = list(dict.fromkeys(runs["point"]))
    panels = [
        _panel(runs, figure, points)
        for figure in runs.columns.drop(["point", "seed"])
        if (runs.groupby("seed")[figure].nunique() > 1).any()
    ]
    if not panels:
        return []
    whole = configured(alt.concat(*panels, columns=COLUMNS, spacing=18))
    drawn = Figure("points", "Mean and 95 % interval of each point", whole)
    return [Section("Side by side", [drawn], "Figures that some seed's points differ in.")]


def _panel(runs: pd.DataFrame, figure: str, points: Sequence[str]) -> Any:
    found = {p: mean_interval(runs.loc[runs["point"] == p, figure].tolist()) for p in points}
    table = pd.DataFrame(
        [(p, each.mean, each.low, each.high) for p, each in found.items() if each.runs],
        columns=["point", "mean", "low", "high"],
    )
    base = alt.Chart(table).encode(alt.Y("point:N", sort=list(points), title=None))
    spans = base.mark_rule(strokeWidth=2, color=BLUE).encode(
        alt.X("low:Q", title=None, axis=amounts(4), scale=alt.Scale(zero=False)), alt.X2("high:Q")
    )
    means = base.mark_circle(size=70, color=BLUE, opacity=1).encode(alt.X("mean:Q"))
    return alt.layer(spans, means).properties(width=170, height=24 * len(points), title=figure)


def _losses(runs: pd.DataFrame) -> list[Figure | Grid]:
    figures: list[Figure | Grid] = []
    for number, (point, rows) in enumerate(runs.groupby("point", sort=False)):
        losses = rows[LOSS].astype(float)
        marks = [("mean", float(losses.mean())), ("95 % of runs", float(losses.quantile(0.95)))]
        drawn = configured(distribution(losses.tolist(), f"{LOSS}: {point}", marks))
        figures.append(Figure(f"losses-{number}", f"{point}: losses over the seeds", drawn))
    return figures
