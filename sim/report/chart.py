"""The chart of a run: price, debt by health, liquidations and losses over one time axis.

Its titles say what is seen, so that it stands alone in a memo.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from sim.metrics.solvency import BANDS
from sim.report.theme import BLUE, MUTED, ORANGE, RED, WIDTH, configured, save
from sim.report.words import money, unit

HEIGHT = 150
BINS = 300
"""Stretches of time of which a series shows the extremes; a run has thousands of blocks and a
chart has pixels."""
BARS = 96
"""Bars of liquidations over the run."""
MARKS = 400
"""Liquidations marked on the price, the largest."""
HEALTH_COLOURS = ("#B2182B", "#EF8A62", "#FDDBC7", "#D1E5F0", "#67A9CF", "#2166AC")
"""Worst to best; diverging, safe for the colour-blind."""
LOSSES = {
    "liquidatable_usd": ("liquidatable, not yet liquidated", MUTED),
    "shortfall_usd": ("shortfall: debt above collateral", ORANGE),
    "bad_debt_usd": ("bad debt", RED),
}


def draw(tables: Mapping[str, pd.DataFrame], path: Path, title: str = "") -> None:
    """Write the chart as PNG or SVG, by the path's suffix. Nothing for a run of no block."""
    if tables["blocks"].empty:
        return
    save(chart(tables, title), path)


def chart(tables: Mapping[str, pd.DataFrame], title: str = "") -> Any:
    """The Altair chart of a run."""
    blocks, prices = _with_hours(tables["blocks"]), _with_hours(tables["prices"])
    hours = dict(zip(blocks["block"], blocks["hours"], strict=True))
    liquidations = tables["liquidations"]
    liquidations = liquidations.assign(hours=liquidations["block"].map(hours).astype(float))
    end = float(blocks["hours"].max())
    asset = _most_liquidated(prices, liquidations)
    panels = [
        _price_panel(prices[prices["asset"] == asset], liquidations, asset, end),
        _health_panel(blocks, end),
        _liquidation_panel(blocks, liquidations, end),
        _loss_panel(blocks, end),
    ]
    whole = alt.vconcat(*panels, spacing=14).resolve_scale(color="independent")
    return configured(whole, title)


# --------------------------------------------------------------------- panels


def _price_panel(prices: pd.DataFrame, liquidations: pd.DataFrame, asset: str, end: float) -> Any:
    outside = prices["outside"]
    fall = float((1 - outside / outside.cummax()).max())
    marks = liquidations[liquidations["asset"] == asset]
    title = (
        f"{asset} falls {fall:.0%} from its high; {_count(len(marks), 'liquidation')} (triangles)"
    )
    lines = (("oracle", "on chain (oracle)", ORANGE, 3.5), ("outside", "outside", BLUE, 1.2))
    colour = alt.Color(
        "series:N",
        scale=alt.Scale(domain=[line[1] for line in lines], range=[line[2] for line in lines]),
        legend=alt.Legend(title=None, orient="top-right"),
    )
    y = alt.Y("usd:Q", title=f"{asset}, USD", scale=alt.Scale(zero=False))
    layers = [
        alt.Chart(_extremes(prices, column).assign(series=name))
        .mark_line(strokeWidth=width)
        .encode(_time(end), y, colour)
        for column, name, _, width in lines
    ]
    points = (
        alt.Chart(_marks(marks, prices))
        .mark_point(shape="triangle-down", filled=True, color=RED, opacity=0.5)
        .encode(
            _time(end),
            y,
            size=alt.Size("repaid_usd:Q", legend=None, scale=alt.Scale(range=[12, 160])),
        )
    )
    return alt.layer(*layers, points).properties(width=WIDTH, height=HEIGHT + 30, title=title)


def _health_panel(blocks: pd.DataFrame, end: float) -> Any:
    order = list(BANDS.values())
    name, factor = unit(float(blocks[list(BANDS)].sum(axis=1).max()))
    bands = _binned(blocks, list(BANDS), "mean").melt("hours", list(BANDS), "band", "usd")
    bands = bands.assign(
        band=bands["band"].map(BANDS),
        rank=bands["band"].map(list(BANDS).index),
        usd=bands["usd"] / factor,
    )
    first, last = blocks["debt_usd"].iloc[0], blocks["debt_usd"].iloc[-1]
    below = blocks["band_below_1"]
    title = (
        f"Debt goes from {money(first)} to {money(last)}; at worst {money(below.max())} of it "
        "is below maintenance"
    )
    return (
        alt.Chart(bands)
        .mark_area()
        .encode(
            _time(end),
            alt.Y("usd:Q", title=f"debt, {name}", stack="zero"),
            alt.Color(
                "band:N",
                sort=order,
                scale=alt.Scale(domain=order, range=list(HEALTH_COLOURS)),
                legend=alt.Legend(title="health factor", orient="right"),
            ),
            order="rank:Q",
        )
        .properties(width=WIDTH, height=HEIGHT, title=title)
    )


def _liquidation_panel(blocks: pd.DataFrame, liquidations: pd.DataFrame, end: float) -> Any:
    edges = np.linspace(0, end, BARS + 1)
    worth = liquidations["repaid_usd"].astype(float)
    repaid, _ = np.histogram(liquidations["hours"], edges, weights=worth)
    name, factor = unit(repaid.max())
    bars = pd.DataFrame({"hours": edges[:-1], "to": edges[1:], "repaid": repaid / factor})
    fee = blocks["base_fee_gwei"]
    title = (
        f"Liquidation repays {money(worth.sum())} (bars) while the base fee is between "
        f"{fee.min():,.0f} and {fee.max():,.0f} gwei (line)"
    )
    bar = (
        alt.Chart(bars)
        .mark_bar(color=RED, opacity=0.85)
        .encode(
            _time(end),
            alt.X2("to:Q"),
            alt.Y(
                "repaid:Q",
                title=f"{name} in {end * 60 / BARS:,.3g} min",
                scale=alt.Scale(domain=[0, max(1.0, float(repaid.max() / factor) * 1.05)]),
            ),
            alt.Y2(datum=0),
        )
    )
    line = (
        alt.Chart(_binned(blocks, ["base_fee_gwei"], "mean"))
        .mark_line(color=MUTED, strokeWidth=1.3)
        .encode(
            _time(end),
            alt.Y(
                "base_fee_gwei:Q",
                title="base fee, gwei",
                axis=alt.Axis(grid=False),
                scale=alt.Scale(zero=True),
            ),
        )
    )
    return (
        alt.layer(bar, line)
        .resolve_scale(y="independent")
        .properties(width=WIDTH, height=HEIGHT, title=title)
    )


def _loss_panel(blocks: pd.DataFrame, end: float) -> Any:
    highest = float(blocks[list(LOSSES)].max().max())
    name, factor = unit(highest)
    names = {column: name for column, (name, _) in LOSSES.items()}
    losses = _binned(blocks, list(LOSSES), "max").melt("hours", list(LOSSES), "kind", "usd")
    losses = losses.assign(kind=losses["kind"].map(names), usd=losses["usd"] / factor)
    title = (
        f"Lenders end with {money(blocks['bad_debt_usd'].iloc[-1])} of bad debt; shortfall is "
        f"{money(blocks['shortfall_usd'].max())} at worst and "
        f"{money(blocks['shortfall_usd'].iloc[-1])} at the end"
    )
    when = datetime.fromtimestamp(blocks["timestamp"].iloc[0] - blocks["time_s"].iloc[0], tz=UTC)
    return (
        alt.Chart(losses)
        .mark_line(strokeWidth=2, interpolate="step-before")
        .encode(
            _time(end, f"hours since {when:%Y-%m-%d %H:%M} UTC"),
            alt.Y(
                "usd:Q",
                title=name,
                scale=alt.Scale(domain=[0, max(1.0, highest / factor * 1.05)]),
            ),
            alt.Color(
                "kind:N",
                scale=alt.Scale(
                    domain=list(names.values()), range=[colour for _, colour in LOSSES.values()]
                ),
                legend=alt.Legend(title=None, orient="top-left"),
            ),
        )
        .properties(width=WIDTH, height=HEIGHT - 20, title=title)
    )


def _time(end: float, title: str | None = None) -> Any:
    """The shared axis; labelled where it has a title."""
    axis = alt.Axis(title=title, labels=title is not None, tickCount=12)
    return alt.X("hours:Q", axis=axis, scale=alt.Scale(domain=[0, end], nice=False))


# ----------------------------------------------------------------------- data


def _with_hours(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(hours=table["time_s"] / 3_600)


def _most_liquidated(prices: pd.DataFrame, liquidations: pd.DataFrame) -> str:
    """The asset to draw: the first one where none was liquidated."""
    repaid = liquidations["repaid_usd"].astype(float).groupby(liquidations["asset"]).sum()
    return str(repaid.idxmax() if len(repaid) else prices["asset"].iloc[0])


def _stretches(table: pd.DataFrame) -> Any:
    """Number of the stretch of time each row falls into; every row its own in a short run."""
    return np.arange(len(table)) * min(BINS, len(table)) // len(table)


def _binned(table: pd.DataFrame, columns: list[str], what: str) -> pd.DataFrame:
    """``hours`` and the columns: mean or maximum over each stretch, drawn at its end."""
    how = {"hours": "last"} | dict.fromkeys(columns, what)
    stretches = pd.DataFrame(table.groupby(_stretches(table)).agg(how))
    start = stretches.iloc[:1].assign(hours=table["hours"].iloc[0])
    return pd.concat([start, stretches], ignore_index=True).drop_duplicates("hours")


def _extremes(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows in which a column is highest or lowest over a stretch, and the last row."""
    table = table.reset_index(drop=True)
    groups = table.groupby(_stretches(table))[column]
    rows = sorted({*groups.idxmin(), *groups.idxmax(), len(table) - 1})
    return pd.DataFrame({"hours": table["hours"][rows], "usd": table[column][rows]})


def _marks(liquidations: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """The largest liquidations at the price the chain had."""
    oracle = dict(zip(prices["block"], prices["oracle"], strict=True))
    marks = liquidations.astype({"repaid_usd": float}).nlargest(MARKS, "repaid_usd")
    marks = marks.assign(usd=marks["block"].map(oracle).astype(float))
    return marks[["hours", "usd", "repaid_usd"]]


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}s" if number != 1 else f"1 {thing}"
