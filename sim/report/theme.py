"""How charts look: colours that the colour-blind tell apart, and ink that follows the page.

Charts are drawn once, in black on white. In a page their ink, grid and lines become CSS
variables, so that the same chart is legible in print and in dark mode.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

WIDTH, SCALE = 900, 2
"""Pixels of a chart, and dots for each in a PNG."""
INK, MUTED, GRID = "#222222", "#666666", "#e3e3e3"
BLUE, ORANGE, RED = "#0072B2", "#E69F00", "#D55E00"
GREEN, PURPLE, SKY = "#009E73", "#CC79A7", "#56B4E9"
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY)
"""The palette of Okabe and Ito."""
AMOUNTS = "format(datum.value, abs(datum.value) >= 1000 ? '.3~s' : '.3~g')"
"""Of an axis' labels: 20k, 0.4."""
PADDING = {"left": 28, "right": 52, "top": 8, "bottom": 8}
"""Room for those whose fonts are wider than the ones the chart was measured with."""
HEADING: dict[str, Any] = {"fontSize": 17, "anchor": "start", "offset": 12}
VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", BLUE: "blue"}
"""Colours that a page may change, by the name of their CSS variable."""


def amounts(ticks: int = 6) -> alt.Axis:
    """An axis of money or shares."""
    return alt.Axis(labelExpr=AMOUNTS, tickCount=ticks, labelOverlap="greedy", labelSeparation=8)


def configured(chart: Any, title: str = "") -> Any:
    """A chart with the fonts, lines and margins of all of ours."""
    if title:
        chart = chart.properties(title=alt.Title(title, **HEADING))
    return (
        chart.configure(background="white", font="sans-serif", padding=PADDING)
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
            labelLimit=260,
        )
        .configure_axisY(titlePadding=14)
        .configure_legend(
            labelColor=INK,
            titleColor=INK,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelLimit=300,
        )
        .configure_header(labelColor=INK, titleColor=INK, labelFontSize=12)
        .configure_title(color=INK, fontSize=13, anchor="start", fontWeight="bold", frame="group")
    )


def save(chart: Any, path: Path, title: str = "") -> None:
    """As PNG or SVG, by the path's suffix; the title is for a chart that has none."""
    specification = chart.to_dict()
    if title:
        specification.setdefault("title", {"text": title, **HEADING})
    if path.suffix == ".svg":
        path.write_text(vl_convert.vegalite_to_svg(specification), encoding="utf-8")
    else:
        path.write_bytes(vl_convert.vegalite_to_png(specification, scale=SCALE))


def inline_svg(chart: Any) -> str:
    """An SVG to stand in a page: no background, colours from the page's variables."""
    specification = chart.to_dict()
    specification["config"]["background"] = "transparent"
    svg = str(vl_convert.vegalite_to_svg(specification))
    for colour, name in VARIABLES.items():
        svg = svg.replace(f'"{colour}"', f'"var(--{name})"')
    return svg
