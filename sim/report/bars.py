"""Simple charts that several reports use: bars, distributions, lines with intervals, heat maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from sim.report.sweep import amount as figure
from sim.report.theme import (
    AMOUNTS,
    BLUE,
    CYCLE,
    GREEN,
    GRID,
    INK,
    MUTED,
    PURPLE,
    RED,
    WIDTH,
    amounts,
)

ROW = 22
"""Pixels of a bar and the space after it."""
HALF = WIDTH - 260
"""Width of a chart with long labels."""
BINS = 40
CELL = 56
"""Width of a heat map's cell."""
TICKS = 12
"""Values of a parameter, up to which an axis has one tick for each."""
PANEL = 340
"""Width of one of two panels side by side."""


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


FREE = alt.Axis(format="~g", tickCount=8, labelFlush=False)
"""Of an axis that does not begin at 0."""
FEW = alt.Axis(format="~g", tickCount=5, labelFlush=False, labelOverlap="greedy", labelSeparation=8)
"""The same in a small panel."""
NUMBERS: dict[str, Any] = {"format": ".3~g", "formatType": "number"}
"""Of an axis whose steps are values of a parameter."""


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
    """Figures with their intervals: columns x, y, low, high, and of the series."""
    colour: Any = alt.value(BLUE)
    if series:
        colour = alt.Color(f"{series}:N", scale=alt.Scale(range=list(CYCLE)))
    values = sorted(table[x].unique())
    ticks = values if len(values) <= TICKS else alt.Undefined
    axis = alt.Axis(values=ticks, format="~g", labelOverlap=True)
    scale = alt.Scale(zero=False, padding=12)
    base = alt.Chart(table).encode(alt.X(f"{x}:Q", title=names[0], scale=scale, axis=axis))
    means = base.mark_line(point=True).encode(
        alt.Y(f"{y}:Q", title=names[1], axis=amounts()), color=colour
    )
    bands = base.mark_errorbar(ticks=True).encode(
        alt.Y("low:Q", title=names[1]), alt.Y2("high:Q"), color=colour
    )
    return alt.layer(bands, means).properties(width=PANEL, height=220)


def exceedance(
    losses: Mapping[str, Sequence[float]],
    weights: Sequence[float],
    unit: str,
    marks: Sequence[tuple[str, float]],
) -> Any:
    """Share of runs in which more than an amount was lost, a curve a kind of loss, with named
    amounts marked. Logarithmic: what matters is rare."""
    curves = pd.concat([_beyond(name, each, weights) for name, each in losses.items()])
    legend = alt.Legend(title=None, orient="right", symbolType="stroke")
    kinds = alt.Scale(domain=list(losses), range=list(CYCLE[: len(losses)]))
    steps = (
        alt.Chart(curves)
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            alt.X("amount:Q", title=unit, axis=amounts()),
            alt.Y("share:Q", title="runs that lose more, %", scale=alt.Scale(type="log"),
                  axis=alt.Axis(format="~g", tickCount=4)),
            alt.Color("name:N", scale=kinds, legend=legend),
        )
    )  # fmt: skip
    named = pd.DataFrame([(f"{name}: {figure(at)}", at) for name, at in marks],
                         columns=["mark", "amount"])  # fmt: skip
    rules = (
        alt.Chart(named)
        .mark_rule(strokeWidth=1.5, color=INK)
        .encode(
            alt.X("amount:Q"),
            alt.StrokeDash("mark:N", sort=list(named["mark"]), legend=legend),
        )
    )
    return alt.layer(steps, rules).properties(width=HALF, height=200)


def _beyond(name: str, losses: Sequence[float], weights: Sequence[float]) -> pd.DataFrame:
    """Columns name, amount, share: per cent of runs beyond each amount that occurred."""
    order = np.argsort(losses, kind="stable")
    x, w = np.asarray(losses, dtype=float)[order], np.asarray(weights, dtype=float)[order]
    beyond = 100 * (w.sum() - np.cumsum(w)) / len(w)
    table = pd.DataFrame({"amount": x, "share": beyond}).groupby("amount", as_index=False).last()
    # Nothing is beyond the largest: the curve ends there, as high as it was before.
    table["share"] = table["share"].where(table["amount"] < x[-1], table["share"].shift())
    return table.assign(name=name)


def dots(table: pd.DataFrame, x: str, y: str, names: tuple[str, str]) -> Any:
    """Points that lie anywhere, with their intervals: columns x, y, low, high."""
    base = alt.Chart(table).encode(
        alt.X(f"{x}:Q", title=names[0], scale=alt.Scale(zero=False, padding=12), axis=FEW)
    )
    spans = base.mark_rule(color=MUTED).encode(alt.Y("low:Q", title=names[1]), alt.Y2("high:Q"))
    marks = base.mark_circle(size=45, color=BLUE, opacity=1).encode(
        alt.Y(f"{y}:Q", title=names[1], axis=amounts())
    )
    return alt.layer(spans, marks).properties(width=PANEL, height=200)


def heat(table: pd.DataFrame, x: str, y: str, amount: str, names: tuple[str, str, str]) -> Any:
    """A cell a point, its amount written in it."""
    labelled = table.assign(label=table[amount].map(figure))
    base = alt.Chart(labelled).encode(
        alt.X(f"{x}:O", title=names[0], axis=alt.Axis(labelAngle=0, **NUMBERS)),
        alt.Y(f"{y}:O", title=names[1], sort="descending", axis=alt.Axis(**NUMBERS)),
    )
    middle = float(table[amount].min() + table[amount].max()) / 2
    cells = base.mark_rect(stroke=GRID).encode(
        alt.Color(f"{amount}:Q", scale=alt.Scale(scheme="cividis"),
                  legend=alt.Legend(title=None, gradientLength=90, labelExpr=AMOUNTS))
    )  # fmt: skip
    figures = base.mark_text(fontSize=11).encode(
        alt.Text("label:N"),
        color=alt.condition(alt.datum[amount] > middle, alt.value("#000000"), alt.value("#ffffff")),
    )
    width, height = CELL * table[x].nunique(), 0.6 * CELL * table[y].nunique()
    return alt.layer(cells, figures).properties(width=width, height=height, title=names[2])


def front(
    table: pd.DataFrame, x: str, y: str, names: tuple[str, str], limit: float | None = None
) -> Any:
    """What is gained against what is risked: columns x, y, the ends of y's interval (``low``,
    ``high``, the latter infinite where runs are too few), ``kind`` of point, one of `KINDS`, and
    ``label``, a number. The front is joined; only what is not a mere trial has its interval drawn,
    as far as half above the largest y. A `limit` of y is a line."""
    kinds = [kind for kind in KINDS if kind in set(table["kind"])]
    top = 1.5 * float(table[y].max())
    table = table.assign(high=table["high"].clip(upper=top), bounded=table["high"] <= top)
    base = alt.Chart(table).encode(
        alt.X(f"{x}:Q", title=names[0], scale=alt.Scale(zero=False, padding=16), axis=FREE),
        alt.Y(f"{y}:Q", title=names[1], axis=amounts(), scale=alt.Scale(domain=[0, top])),
    )
    colours, shapes = zip(*(KINDS[kind] for kind in kinds), strict=True)
    legend = alt.Legend(
        title=None, orient="top", columns=len(kinds), columnPadding=24, symbolOpacity=1
    )
    colour = alt.Color("kind:N", legend=legend, scale=alt.Scale(domain=kinds, range=colours))
    shape = alt.Shape("kind:N", legend=legend, scale=alt.Scale(domain=kinds, range=shapes))
    told = base.transform_filter(alt.datum.kind != TRIAL)
    joined = alt.FieldOneOfPredicate(field="kind", oneOf=[FRONT, CHOSEN])
    spans = [
        told.transform_filter(alt.datum.bounded == known)
        .mark_rule(strokeWidth=1.5, opacity=0.7, strokeDash=dash)
        .encode(alt.Y("low:Q"), alt.Y2("high:Q"), color=colour)
        for known, dash in ((True, [1, 0]), (False, [2, 4]))
    ]
    return alt.layer(
        base.transform_filter(joined).mark_line(color=BLUE, strokeWidth=1, opacity=0.6),
        *spans,
        base.mark_point(filled=True, size=75, opacity=1).encode(color=colour, shape=shape),
        *_limit(limit, y),
        *(
            told.transform_filter(f"datum.label != '' && datum.label % 2 == {odd}")
            .mark_text(align=side, dx=dx, dy=-8, fontSize=11, color=INK)
            .encode(text="label:N")
            for odd, side, dx in ((1, "left", 6), (0, "right", -6))
        ),
    ).properties(width=WIDTH - 120, height=340)


def _limit(limit: float | None, y: str) -> list[Any]:
    if limit is None:
        return []
    base = alt.Chart(pd.DataFrame({y: [limit], "said": [f"limit {figure(limit)}"]}))
    line = base.mark_rule(color=INK, strokeDash=[6, 4]).encode(alt.Y(f"{y}:Q"))
    words = base.mark_text(align="right", dx=-4, dy=-7, fontSize=11, color=INK)
    return [line, words.encode(alt.Y(f"{y}:Q"), alt.XValue(WIDTH - 120), text="said:N")]


TRIAL, FRONT, CHOSEN = "point", "no other beats it", "recommended"
CONFIRMED, AS_IT_IS = "recommended, fresh seeds", "scenario as it is, fresh seeds"
KINDS = {
    TRIAL: (MUTED, "circle"),
    FRONT: (BLUE, "circle"),
    CHOSEN: (RED, "diamond"),
    CONFIRMED: (PURPLE, "square"),
    AS_IT_IS: (GREEN, "triangle-up"),
}
"""Of points in `front`: colour and shape of each kind."""
