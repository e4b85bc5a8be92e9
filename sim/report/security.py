"""What manipulating the oracle costs and brings, for a terminal."""

from __future__ import annotations

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table

COLUMNS = {
    "depth_usd": "pool\na side",
    "push": "spot:\npush",
    "accounts": "\naccounts",
    "repaid_usd": "\nrepaid",
    "cost_usd": "\ncost",
    "gain_usd": "\ngain",
    "measured_usd": "\nprofit on chain",
    "hold_blocks": "average:\nblocks",
    "hold_push": "\npush",
    "hold_cost_usd": "\ncost",
    "hold_gain_usd": "\ngain",
    "hold_profit_usd": "\nprofit",
}
SHARES, COUNTS = ("push", "hold_push"), ("accounts", "hold_blocks")


def table(depths: pd.DataFrame, spot: float, average: float, window: float) -> RenderableType:
    """A row a depth of the pool; break-even depths below, USD."""
    shown = Table(
        title="The best attack, thousand USD: in one bundle at the spot price, and by a push in "
        f"so many blocks\nat the price averaged over {window / 60:,.0f} minutes",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for name in COLUMNS.values():
        shown.add_column(name, justify="right")
    for row in depths.reindex(columns=list(COLUMNS)).itertuples(index=False):
        shown.add_row(*map(_cell, COLUMNS, row))
    return Group(
        shown,
        f"No attack pays from a depth of {spot:,.0f} USD a side on at the spot price, and of "
        f"{average:,.0f} at the averaged one.",
    )


def _cell(name: str, found: float | None) -> str:
    if found is None or pd.isna(found):
        return "none"
    if name in SHARES:
        return f"{found:.1%}"
    return f"{found:,.0f}" if name in COUNTS else f"{found / 1e3:,.1f}"
