"""Simple charts that several reports use: bars, distributions, lines with intervals, heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from sim.report.sweep import amount as figure
from sim.report.theme import BLUE, CYCLE, GRID, MUTED, RED, WIDTH, amounts

ROW = 22
"""Pixels of a bar and the space after it."""
HALF = WIDTH - 260
"""Width of a chart with long labels."""
BINS = 40


def bars(table: pd.DataFrame, name: str, amount: str, unit: str) -> Any:
    """A bar a row, in the table's order; those below zero in red."""
    return (
        alt.Chart(table)
        .mark_bar()
        .encode(
            alt.Y(f"{name}:N", sort=list(table[name]), title=None),
            alt.X(f"{amount}:Q", title=unit, axis=amounts()),
            color=alt.condition(alt.datum[amount] < 0, alt.value(RED), alt.value(BLUE)),
        )
        .properties(width=HALF, height=max(2, len(table)) * ROW)
    )


def distribution(figures: Sequence[float], unit: str, marks: Sequence[tuple[str, float]]) -> Any:
    """How often each amount was had, with named amounts marked."""
    counts, edges = np.histogram(figures, BINS)
    table = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "runs": counts})
    columns = (
        alt.Chart(table[table["runs"] > 0])
        .mark_bar(color=BLUE, opacity=0.8)
        .encode(
            alt.X("from:Q", title=unit, axis=amounts()),
            alt.X2("to:Q"),
            alt.Y("runs:Q", title="runs", axis=alt.Axis(tickMinStep=1)),
            alt.Y2(datum=0),
        )
    )
    named = pd.DataFrame(marks, columns=["name", "amount"])
    rules = alt.Chart(named).mark_rule(strokeDash=[4, 3], strokeWidth=2)
    rules = rules.encode(
        alt.X("amount:Q"),
        alt.Color(
            "name:N",
            sort=list(named["name"]),
            scale=alt.Scale(range=[RED, *CYCLE[1:4]]),
            legend=alt.Legend(title=None, orient="top-right"),
        ),
    )
    return alt.layer(columns, rules).properties(width=WIDTH - 60, height=200)


def lines(table: pd.DataFrame, x: str, y: str, names: tuple[str, str], series: str = "") -> Any:
    """Means over runs with their intervals: columns x, y, low, high, and of the series."""
    colour: Any = alt.value(BLUE)
    if series:
        colour = alt.Color(f"{series}:N", scale=alt.Scale(range=list(CYCLE)))
    base = alt.Chart(table).encode(alt.X(f"{x}:Q", title=names[0], scale=alt.Scale(zero=False)))
    means = base.mark_line(point=True).encode(
        alt.Y(f"{y}:Q", title=names[1], axis=amounts()), color=colour
    )
    bands = base.mark_errorbar(ticks=True).encode(
        alt.Y("low:Q", title=names[1]), alt.Y2("high:Q"), color=colour
    )
    return alt.layer(bands, means).properties(width=HALF, height=240)


def heat(table: pd.DataFrame, x: str, y: str, amount: str, names: tuple[str, str, str]) -> Any:
    """A cell a point, its amount written in it."""
    labelled = table.assign(label=table[amount].map(figure))
    base = alt.Chart(labelled).encode(
        alt.X(f"{x}:O", title=names[0], axis=alt.Axis(labelAngle=0)),
        alt.Y(f"{y}:O", title=names[1], sort="descending"),
    )
    middle = float(table[amount].min() + table[amount].max()) / 2
    cells = base.mark_rect(stroke=GRID).encode(
        alt.Color(f"{amount}:Q", title=names[2], scale=alt.Scale(scheme="cividis"))
    )
    figures = base.mark_text(fontSize=11).encode(
        alt.Text("label:N"),
        color=alt.condition(alt.datum[amount] > middle, alt.value("#000000"), alt.value("#ffffff")),
    )
    size = 56
    return alt.layer(cells, figures).properties(
        width=size * table[x].nunique(), height=size * table[y].nunique() * 0.6
    )


def front(table: pd.DataFrame, x: str, y: str, names: tuple[str, str]) -> Any:
    """All points, those that none other beats joined; columns x, y, name, best, and the
    intervals' low and high of y."""
    base = alt.Chart(table).encode(
        alt.X(f"{x}:Q", title=names[0], scale=alt.Scale(zero=False)),
        alt.Y(f"{y}:Q", title=names[1], axis=amounts()),
    )
    errors = base.mark_rule(color=MUTED, opacity=0.6).encode(alt.Y("low:Q"), alt.Y2("high:Q"))
    everything = base.mark_circle(size=45, color=MUTED, opacity=0.6)
    best = alt.datum.best
    undominated = base.transform_filter(best).mark_line(point={"size": 70, "filled": True})
    labels = base.transform_filter(best).mark_text(align="left", dx=8, dy=-6, fontSize=11)
    return alt.layer(
        errors,
        everything,
        undominated.encode(color=alt.value(RED)),
        labels.encode(text="name:N"),
    ).properties(width=WIDTH - 120, height=320)
