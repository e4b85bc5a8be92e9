"""A comparison for people: the table of its points, and bids against value."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
from rich.table import Table

from sim.experiments.compared import PARTS
from sim.metrics.interval import Interval, mean_interval, paired_difference
from sim.report.theme import CYCLE, MUTED, configured, save

AXIS = alt.Axis(values=[10.0**power for power in range(-2, 8)], format=",~g")
SHOWN = 400
"""Liquidations drawn a point."""


def legend(runs: pd.DataFrame) -> list[str]:
    """How the cells are read, in lines."""
    return [
        f"Mean over {runs['seed'].nunique()} seeds ± half of its 95 % confidence interval.",
        "▲ above, ▼ below the first column: seed by seed, with 95 % confidence,",
        "as one in twenty of those that do not differ will be.",
    ]


def table(runs: pd.DataFrame, title: str) -> Table:
    """A column a point: mean over the seeds and half the width of its 95 % interval."""
    shown = Table(
        title="\n".join([title, *legend(runs)]),
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    found = cells(runs)
    for column in found.columns:
        shown.add_column(_header(column), justify="right" if column else "left")
    for row in found.itertuples(index=False):
        shown.add_row(*row)
    return shown


def cells(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a figure that some run has, a column a point, as text; the first column names the
    figure. Parts of one are left out where they are nothing."""
    points = list(dict.fromkeys(runs["point"]))
    rows = []
    for figure in runs.columns.drop(["point", "seed"]):
        nothing = figure in PARTS and (runs[figure] == 0).all()
        if runs[figure].notna().any() and not nothing:
            by_seed = runs.pivot(index="seed", columns="point", values=figure)
            found = [by_seed[point].tolist() for point in points]
            rows.append((figure, *(_cell(each, found[0]) for each in found)))
    return pd.DataFrame(rows, columns=["", *points])


def _header(point: str) -> str:
    """`liquidators.count=4, penalty=fixed` as `count=4` over `penalty=fixed`."""
    found = []
    for part in point.split(", "):
        key, equals, setting = part.partition("=")
        found.append(f"{key.rpartition('.')[2]}{equals}{setting}")
    return "\n".join(found)


def _cell(figures: list[float], base: list[float]) -> str:
    interval = mean_interval(figures)
    if interval.runs == 0:
        return "none"
    by = paired_difference(figures, base)
    mark = ("▲" if by.mean > 0 else "▼") if by.sure else " "
    return f"{_text(interval)} {mark}"


def _text(interval: Interval) -> str:
    if interval.mean == interval.half == 0:
        return "0"
    places = decimals(interval.mean)
    half = "" if isnan(interval.half) else f" ± {interval.half:,.{places}f}"
    return f"{interval.mean:,.{places}f}{half}"


def decimals(amount: float) -> int:
    """As many as say something."""
    return 0 if abs(amount) >= 100 else 2 if abs(amount) >= 1 else 3


def draw(liquidations: pd.DataFrame, path: Path) -> None:
    """The chart of bids as a PNG; nothing where nothing was liquidated."""
    if not liquidations.empty:
        save(bids(liquidations), path)


def bids(liquidations: pd.DataFrame) -> Any:
    """What each liquidation was worth and what its winner paid the builder."""
    worth = liquidations.assign(
        value=(liquidations["seized_usd"] - liquidations["repaid_usd"]).clip(lower=0.1),
        paid=liquidations["builder_usd"].clip(lower=0.01),
    )
    parts = [
        rows.sample(min(SHOWN, len(rows)), random_state=0)
        for _, rows in worth.groupby("point", sort=False)
    ]
    spots = pd.concat(parts)[["point", "value", "paid", "route"]]
    points = list(dict.fromkeys(spots["point"]))
    highest = float(spots["value"].max())
    all_of_it = (
        alt.Chart(pd.DataFrame({"value": [0.1, highest], "paid": [0.1, highest]}))
        .mark_line(strokeDash=[4, 4], color=MUTED)
        .encode(x="value:Q", y="paid:Q")
    )
    dots = (
        alt.Chart(spots)
        .mark_circle(size=22, opacity=0.5)
        .encode(
            x=alt.X(
                "value:Q", title="seized less repaid, USD", scale=alt.Scale(type="log"), axis=AXIS
            ),
            y=alt.Y(
                "paid:Q", title="paid to the builder, USD", scale=alt.Scale(type="log"), axis=AXIS
            ),
            color=alt.Color(
                "point:N", title=None, scale=alt.Scale(domain=points, range=list(CYCLE))
            ),
        )
    )
    chart = (dots + all_of_it).properties(width=620, height=420)
    return configured(
        chart, "Bids against value; dashed: all is paid away; on an axis: that or less"
    )
