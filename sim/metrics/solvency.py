"""Are the lenders whole: shortfall, bad debt, buffers, health."""

from __future__ import annotations

from typing import Any

import pandas as pd

BANDS = {
    "band_below_1": "below 1",
    "band_1_to_1_1": "1 to 1.1",
    "band_1_1_to_1_25": "1.1 to 1.25",
    "band_1_25_to_1_5": "1.25 to 1.5",
    "band_1_5_to_2": "1.5 to 2",
    "band_above_2": "above 2",
}
"""Columns of the table `blocks` with debt by health factor, and their names for people."""


def solvency(blocks: pd.DataFrame, accounts: pd.DataFrame) -> dict[str, Any]:
    """Money in USD. Shortfall is at the outside price and apart from bad debt; `loss` is both."""
    last = blocks.iloc[-1]
    borrowing = accounts[accounts["debt_usd"] > 0]
    return {
        "accounts": len(accounts),
        "accounts_with_debt": len(borrowing),
        "debt_start_usd": float(blocks["debt_usd"].iloc[0]),
        "debt_highest_usd": float((blocks["debt_usd"] + blocks["bad_debt_usd"]).max()),
        "debt_end_usd": float(last["debt_usd"]),
        "collateral_end_usd": float(last["collateral_usd"]),
        "bad_debt_usd": float(last["bad_debt_usd"]),
        "shortfall_end_usd": float(last["shortfall_usd"]),
        "shortfall_worst_usd": float(blocks["shortfall_usd"].max()),
        "shortfall_worst_block": int(blocks["block"][blocks["shortfall_usd"].idxmax()]),
        "loss_usd": float(last["bad_debt_usd"] + last["shortfall_usd"]),
        "reserve_usd": float(last["reserve_usd"]),
        "liquidatable_end_usd": float(last["liquidatable_usd"]),
        "liquidatable_worst_usd": float(blocks["liquidatable_usd"].max()),
        "lowest_buffer_usd": _number(accounts["lowest_buffer_usd"].min()),
        "lowest_health": _number(borrowing["health"].min()),
        "debt_by_health_usd": {name: float(last[column]) for column, name in BANDS.items()},
    }


def _number(found: float) -> float | None:
    return None if pd.isna(found) or abs(found) == float("inf") else float(found)
