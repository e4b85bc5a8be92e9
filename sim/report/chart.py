"""The chart of a run: price, debt by health, liquidations and losses over one time axis."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from sim.metrics.solvency import BANDS

WIDTH, HEIGHT, SCALE = 900, 150, 2
POINTS = 600
"""Points drawn of a series; a run has thousands of blocks and a chart has pixels."""
BINS = 96
"""Bars of liquidations over the run."""
INK, MUTED, GRID = "#222222", "#666666", "#e3e3e3"
BLUE, ORANGE, RED = "#0072B2", "#E69F00", "#D55E00"
"""From the palette of Okabe and Ito, told apart by the colour-blind."""
HEALTH_COLOURS = ("#B2182B", "#EF8A62", "#FDDBC7", "#D1E5F0", "#67A9CF", "#2166AC")
"""Worst to best; diverging, safe for the colour-blind."""


def draw(tables: Mapping[str, pd.DataFrame], path: Path, title: str = "") -> None:
    """Write the chart as PNG or SVG, by the path's suffix. Nothing for a run of no block."""
    if tables["blocks"].empty:
        return
    specification = chart(tables, title).to_json()
    if path.suffix == ".svg":
        path.write_text(vl_convert.vegalite_to_svg(specification), encoding="utf-8")
    else:
        path.write_bytes(vl_convert.vegalite_to_png(specification, scale=SCALE))


def chart(tables: Mapping[str, pd.DataFrame], title: str = "") -> Any:
    """The Altair chart of a run."""
    blocks, prices = _with_hours(tables["blocks"]), _with_hours(tables["prices"])
    liquidations = tables["liquidations"].merge(blocks[["block", "hours"]], on="block", how="left")
    end = float(blocks["hours"].max())
    asset = str(prices["asset"].iloc[0])
    panels = [
        _price_panel(prices[prices["asset"] == asset], liquidations, asset, end),
        _health_panel(blocks, end),
        _liquidation_panel(blocks, liquidations, end),
        _loss_panel(blocks, end),
    ]
    stacked = alt.vconcat(*panels, spacing=14).resolve_scale(color="independent")
    return (
        stacked.properties(title=alt.Title(title, fontSize=17, anchor="start", offset=10))
        .configure(background="white", font="sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            gridColor=GRID,
            domainColor=MUTED,
            tickColor=MUTED,
            labelColor=INK,
            titleColor=INK,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        .configure_legend(labelFontSize=12, titleFontSize=12, titleFontWeight="normal")
        .configure_title(color=INK, fontSize=13, anchor="start", fontWeight="bold")
    )


def _with_hours(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(hours=table["time_s"] / 3_600)


def _thin(table: pd.DataFrame) -> pd.DataFrame:
    """Evenly spaced rows, the first and the last among them."""
    if len(table) <= POINTS:
        return table
    rows = np.unique(np.linspace(0, len(table) - 1, POINTS).astype(int))
    return pd.DataFrame(table.iloc[rows])


def _time(end: float, last: bool = False) -> Any:
    axis = (
        alt.Axis(title="hours since the start", tickCount=12)
        if last
        else alt.Axis(title=None, labels=False, tickCount=12)
    )
    return alt.X("hours:Q", axis=axis, scale=alt.Scale(domain=[0, end], nice=False))


def _price_panel(prices: pd.DataFrame, liquidations: pd.DataFrame, asset: str, end: float) -> Any:
    names = {"outside": "outside", "oracle": "on chain (oracle)"}
    lines = _thin(prices).melt("hours", list(names), "series", "usd")
    lines["series"] = lines["series"].map(names)
    colour = alt.Color(
        "series:N",
        scale=alt.Scale(domain=list(names.values()), range=[BLUE, ORANGE]),
        legend=alt.Legend(title=None, orient="top-right"),
    )
    line = (
        alt.Chart(lines)
        .mark_line(strokeWidth=1.5)
        .encode(
            _time(end), alt.Y("usd:Q", title=f"{asset}, USD", scale=alt.Scale(zero=False)), colour
        )
    )
    marks = liquidations[liquidations["asset"] == asset].merge(
        prices[["block", "oracle"]], on="block", how="left"
    )
    points = (
        alt.Chart(_sampled(marks))
        .mark_point(shape="triangle-down", filled=True, color=RED, opacity=0.55)
        .encode(
            x="hours:Q",
            y="oracle:Q",
            size=alt.Size("repaid_usd:Q", legend=None, scale=alt.Scale(range=[12, 160])),
        )
    )
    return (line + points).properties(
        width=WIDTH, height=HEIGHT + 30, title=f"Price of {asset}; triangles are liquidations"
    )


def _sampled(marks: pd.DataFrame) -> pd.DataFrame:
    """The largest ones, where there are more than can be told apart."""
    return marks.nlargest(POINTS, "repaid_usd")[["hours", "oracle", "repaid_usd"]]


def _health_panel(blocks: pd.DataFrame, end: float) -> Any:
    order = list(BANDS.values())
    bands = _thin(blocks)[["hours", *BANDS]].melt("hours", list(BANDS), "band", "usd")
    bands["band"] = bands["band"].map(BANDS)
    bands["rank"] = bands["band"].map(order.index)
    bands["usd"] /= 1e6
    return (
        alt.Chart(bands)
        .mark_area()
        .encode(
            _time(end),
            alt.Y("usd:Q", title="debt, million USD", stack="zero"),
            alt.Color(
                "band:N",
                sort=order,
                scale=alt.Scale(domain=order, range=list(HEALTH_COLOURS)),
                legend=alt.Legend(title="health factor", orient="right"),
            ),
            order="rank:Q",
        )
        .properties(width=WIDTH, height=HEIGHT, title="Debt by health factor")
    )


def _liquidation_panel(blocks: pd.DataFrame, liquidations: pd.DataFrame, end: float) -> Any:
    edges = np.linspace(0, end, BINS + 1)
    repaid, _ = np.histogram(liquidations["hours"], edges, weights=liquidations["repaid_usd"] / 1e3)
    bars = pd.DataFrame({"hours": edges[:-1], "to": edges[1:], "repaid": repaid})
    minutes = end * 60 / BINS
    bar = (
        alt.Chart(bars)
        .mark_bar(color=RED, opacity=0.8)
        .encode(
            _time(end),
            alt.X2("to:Q"),
            alt.Y("repaid:Q", title=f"thousand USD in {minutes:,.3g} min"),
            alt.Y2(datum=0),
        )
    )
    fee = (
        alt.Chart(_thin(blocks))
        .mark_line(color=MUTED, strokeWidth=1)
        .encode(
            _time(end),
            alt.Y("base_fee_gwei:Q", title="base fee, gwei", axis=alt.Axis(grid=False)),
        )
    )
    return (
        alt.layer(bar, fee)
        .resolve_scale(y="independent")
        .properties(
            width=WIDTH,
            height=HEIGHT,
            title="Debt repaid by liquidation (bars) and base fee (line)",
        )
    )


def _loss_panel(blocks: pd.DataFrame, end: float) -> Any:
    names = {
        "liquidatable_usd": "liquidatable, not yet liquidated",
        "shortfall_usd": "shortfall: debt above collateral",
        "bad_debt_usd": "bad debt",
    }
    losses = _thin(blocks)[["hours", *names]].melt("hours", list(names), "kind", "usd")
    losses["kind"] = losses["kind"].map(names)
    losses["usd"] /= 1e3
    highest = max(1.0, float(losses["usd"].max()))
    return (
        alt.Chart(losses)
        .mark_line(strokeWidth=2)
        .encode(
            _time(end, last=True),
            alt.Y("usd:Q", title="thousand USD", scale=alt.Scale(domain=[0, highest])),
            alt.Color(
                "kind:N",
                scale=alt.Scale(domain=list(names.values()), range=[MUTED, ORANGE, RED]),
                legend=alt.Legend(title=None, orient="top-left"),
            ),
        )
        .properties(width=WIDTH, height=HEIGHT - 20, title="What lenders stand to lose")
    )
