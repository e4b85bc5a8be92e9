"""A comparison for people: the table of its points, and bids against value."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import altair as alt
import pandas as pd
import vl_convert
from rich.table import Table

from sim.metrics.interval import Interval, mean_interval

AXIS = alt.Axis(values=[10.0**power for power in range(-2, 8)], gridColor="#e3e3e3", format=",~g")
SHOWN = 400
"""Liquidations drawn a point."""


def table(runs: pd.DataFrame, title: str) -> Table:
    """A column a point: mean over the seeds and half the width of its 95 % interval."""
    seeds = runs["seed"].nunique()
    shown = Table(
        title=f"{title}\nMean over {seeds} seeds ± half of its 95 % confidence interval",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    shown.add_column("")
    points = list(dict.fromkeys(runs["point"]))
    for point in points:
        shown.add_column(point, justify="right")
    for figure in runs.columns.drop(["point", "seed"]):
        found = [mean_interval(runs.loc[runs["point"] == p, figure].tolist()) for p in points]
        shown.add_row(figure, *(_cell(interval) for interval in found))
    return shown


def _cell(interval: Interval) -> str:
    if interval.runs == 0:
        return "none"
    digits = 0 if abs(interval.mean) >= 100 else 2
    half = "" if isnan(interval.half) else f" ± {interval.half:,.{digits}f}"
    return f"{interval.mean:,.{digits}f}{half}"


def draw(liquidations: pd.DataFrame, path: Path, title: str = "") -> None:
    """What each liquidation was worth and what its winner paid the builder, as a PNG."""
    if liquidations.empty:
        return
    worth = liquidations.assign(
        value=(liquidations["seized_usd"] - liquidations["repaid_usd"]).clip(lower=0.1),
        paid=liquidations["builder_usd"].clip(lower=0.01),
    )
    parts = [
        rows.sample(min(SHOWN, len(rows)), random_state=0)
        for _, rows in worth.groupby("point", sort=False)
    ]
    spots = pd.concat(parts)[["point", "value", "paid", "route"]]
    highest = float(spots["value"].max())
    all_of_it = (
        alt.Chart(pd.DataFrame({"value": [0.1, highest], "paid": [0.1, highest]}))
        .mark_line(strokeDash=[4, 4], color="#666666")
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
                "point:N",
                title=None,
                scale=alt.Scale(
                    range=["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"]
                ),
            ),
        )
    )
    chart = (
        (dots + all_of_it)
        .properties(
            width=620,
            height=420,
            title=alt.Title(
                title or "Bids against value; dashed: all of it is paid away", anchor="start"
            ),
        )
        .configure_view(stroke=None)
        .configure(background="white", font="sans-serif")
    )
    path.write_bytes(vl_convert.vegalite_to_png(chart.to_json(), scale=2))
