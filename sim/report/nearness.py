"""How near debt is to liquidation and what selling did to the price: rows and the map."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from sim.metrics.proximity import FALLS, arrays, clusters, density, reach
from sim.report.theme import BLUE, MUTED, ORANGE, WIDTH, amounts, configured, save
from sim.report.words import money, unit

Row = tuple[str, str, str]
HEIGHT = 190
FURTHEST = 0.7
"""Distances beyond it are not drawn: nothing reaches them."""
BELOW = -0.1


# ------------------------------------------------------------------------------ rows


def proximity_rows(p: Mapping[str, Any]) -> list[Row]:
    start, end = p["start"], p["end"]
    later = ", ".join(f"{fall}: {usd:,.0f}" for fall, usd in start["reached_usd"].items())
    piles = start["clusters"]
    largest = max(piles, key=lambda pile: pile["share"]) if piles else None
    where = (
        f"of the debt at first lies between falls of {largest['nearest']:.0%} and "
        f"{largest['furthest']:.0%}, most at {largest['peak']:.0%}; "
        if largest
        else ""
    )
    return [
        (
            "debt that a fall of 10 % reaches",
            f"{start['reached_usd']['10%']:,.0f}",
            f"USD at first, {end['reached_usd']['10%']:,.0f} at the end; at first {later}",
        ),
        (
            "largest cluster of debt",
            f"{p['largest_cluster_share']:.1%}",
            f"{where}{len(piles)} clusters; at most {p['largest_cluster_share_worst']:.1%}, in "
            f"block {p['largest_cluster_worst_block']:,}",
        ),
    ]


def cascade_rows(c: Mapping[str, Any]) -> list[Row]:
    rows = []
    for asset, found in c["assets"].items():
        times = found["amplification"]
        rows.append(
            (
                f"{asset}, amplification",
                "none" if times is None else f"{times:.2f}",
                f"falls {found['fall']:.1%}, undisturbed {found['shock']:.1%}; at most "
                f"{found['largest_impact']:.1%} below its path",
            )
        )
    branching = c["branching_ratio"]
    rows += [
        (
            "branching ratio",
            "none" if branching is None else f"{branching:.2f}",
            f"{c['triggered_usd']:,.0f} USD were liquidated that the path alone would have spared",
        ),
        (
            "sold to the venue",
            f"{c['sold_usd']:,.0f}",
            f"USD, which cost {c['slippage_usd']:,.0f} of slippage and fees; depth within 2 % was "
            f"{c['thinnest_depth_usd']:,.0f} at its thinnest",
        ),
    ]
    return rows


# ------------------------------------------------------------------------------- map


def draw_map(table: pd.DataFrame, path: Path, title: str = "") -> None:
    """Write the map of a table `proximity`; nothing where nobody had debt."""
    if not table.empty:
        save(configured(debt_map(table), title), path)


def debt_map(table: pd.DataFrame) -> Any:
    """Debt by distance to its liquidation price, on the first and the last map, and what a fall
    would reach."""
    first, last = int(table["block"].min()), int(table["block"].max())
    names = {"before the run": first} | ({f"block {last:,}": last} if last > first else {})
    maps = {name: table[table["block"] == block] for name, block in names.items()}
    colour = alt.Color(
        "map:N",
        scale=alt.Scale(domain=list(maps), range=[BLUE, ORANGE][: len(maps)]),
        legend=alt.Legend(title=None, orient="top-right"),
    )
    panels = [_piles(maps, colour), _reached(maps, colour)]
    return alt.vconcat(*panels, spacing=14)


def _piles(maps: Mapping[str, pd.DataFrame], colour: Any) -> Any:
    heights = pd.concat(_heights(name, rows) for name, rows in maps.items())
    heights = heights[heights["distance"].between(BELOW, FURTHEST)]
    name, factor = unit(float(heights["usd"].max()))
    before = next(iter(maps.values()))
    piles = clusters(*arrays(before))
    largest = max(piles, key=lambda pile: pile.share)
    title = (
        f"{money(before['debt_usd'].sum())} of debt in {len(piles)} clusters; the largest, "
        f"{largest.share:.0%} of it, is {max(0.0, largest.nearest):.0%} to "
        f"{largest.furthest:.0%} from liquidation"
    )
    base = alt.Chart(heights.assign(usd=heights["usd"] / factor)).encode(
        _axis(""), alt.Y("usd:Q", title=f"{name} a percent", stack=None, axis=amounts()), colour
    )
    now = alt.Chart(pd.DataFrame({"distance": [0.0]})).mark_rule(strokeDash=[4, 3], color=MUTED)
    return alt.layer(base.mark_area(opacity=0.45, line=True), now.encode(_axis(""))).properties(
        width=WIDTH, height=HEIGHT, title=title
    )


def _heights(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    at, height = density(*arrays(rows))
    return pd.DataFrame({"map": name, "distance": at, "usd": height / 100})[::2]


def _reached(maps: Mapping[str, pd.DataFrame], colour: Any) -> Any:
    falls = np.round(np.arange(0, FURTHEST, 0.0025), 4).tolist()
    reached = pd.concat(
        pd.DataFrame({"map": name, "distance": falls, "usd": reach(rows, falls)})
        for name, rows in maps.items()
    )
    name, factor = unit(float(reached["usd"].max()))
    before = next(iter(maps.values()))
    found = dict(zip(FALLS, reach(before, FALLS), strict=True))
    title = (
        f"Before the run a fall of 10 % reaches {money(found[0.1])}, of 20 % "
        f"{money(found[0.2])}, of 30 % {money(found[0.3])}"
    )
    return (
        alt.Chart(reached.assign(usd=reached["usd"] / factor))
        .mark_line(strokeWidth=2)
        .encode(
            _axis("fall of every price from here"),
            alt.Y("usd:Q", title=f"debt below maintenance, {name}", axis=amounts()),
            colour,
        )
        .properties(width=WIDTH, height=HEIGHT, title=title)
    )


def _axis(title: str) -> Any:
    axis = alt.Axis(title=title or None, labels=bool(title), format="%", tickCount=10)
    return alt.X("distance:Q", axis=axis, scale=alt.Scale(domain=[BELOW, FURTHEST], nice=False))
