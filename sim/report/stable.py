"""The stable's peg in rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = tuple[str, str, str]


def peg_rows(p: Mapping[str, Any]) -> list[Row]:
    left = p["reserves_left"]
    kept = "" if left is None else f"; never less than {left:.1%} of what it began with"
    return [
        (
            "the stable",
            f"{p['lowest_usd']:.4f} to {p['highest_usd']:.4f}",
            f"USD, {p['end_usd']:.4f} at the end; {p['deviation_mean_bp']:,.0f} bp from 1 USD in "
            f"the mean, {p['deviation_worst_bp']:,.0f} at worst, beyond 1 % in "
            f"{p['outside_share']:.1%} of blocks",
        ),
        (
            "its reserve coin",
            f"{p['coin_lowest_usd']:.4f}",
            f"USD at the lowest, {p['coin_end_usd']:.4f} at the end",
        ),
        (
            "minted against the coin",
            f"{p['minted_end_usd']:,.0f}",
            f"USD at the end, {p['minted_start_usd']:,.0f} at first and at most "
            f"{p['minted_highest_usd']:,.0f}; full in {p['full_share']:.1%} of blocks{kept}",
        ),
        (
            "hole in the reserves",
            f"{p['hole_end_usd']:,.0f}",
            f"USD that the coins lack of it at the end; at worst {p['hole_worst_usd']:,.0f}",
        ),
        (
            "interest a year",
            f"{p['rate_mean']:.2%}",
            f"in the mean; at most {p['rate_highest']:.2%}",
        ),
    ]
