"""What was called, cured and liquidated, and how fast."""

from __future__ import annotations

from typing import Any

import pandas as pd

CAUSES = ("oracle late", "underbid", "price gapped", "too slow", "no funds")
"""Of the failure to save an account, as the model attributes it."""
HINDRANCES = (
    "on its way", "no capital", "penalty still rising", "no market", "no gain", "no valid price",
    "no liquidators",
)  # fmt: skip
"""What keeps liquidators from an account at the end, as the model attributes it."""
WITHIN = (0, 1, 15)
"""Blocks after the one in which an account became liquidatable, for the efficiency figures
(Perez et al. 2021, "Liquidations: DeFi on a Knife-edge")."""


def liquidation(
    blocks: pd.DataFrame, liquidations: pd.DataFrame, accounts: pd.DataFrame
) -> dict[str, Any]:
    """Money in USD; shares of 1; delays in blocks, in which an account was liquidatable at the
    start: 1 is the first in which anyone could act on what they saw."""
    repaid = float(liquidations["repaid_usd"].sum())
    return {
        "margin_calls": int(accounts["calls"].sum()),
        "cured": int(accounts["cured"].sum()),
        "liquidations": len(liquidations),
        "accounts_liquidated": int((accounts["liquidations"] > 0).sum()),
        "repaid_usd": repaid,
        "seized_usd": float(liquidations["seized_usd"].sum()),
        "liquidated_share": repaid / float(blocks["debt_usd"].iloc[0] or 1.0),
        "penalty_paid_usd": float(accounts["penalty_paid_usd"].sum()),
        "borrower_loss_usd": float(liquidations["borrower_loss_usd"].sum()),
        "average_penalty": _share(liquidations["repaid_usd"] * liquidations["penalty"], repaid),
        "close_factor_excess": _excess(liquidations),
        "smallest_debt_usd": float(liquidations["debt_usd"].min()) if len(liquidations) else None,
        "break_even_debt_usd": _break_even(liquidations),
        "failure_causes": _causes(liquidations),
        "hindrances": _hindrances(accounts),
        **_delays(liquidations),
    }


def _share(parts: pd.Series[float], whole: float) -> float | None:
    return float(parts.sum() / whole) if whole > 0 else None


def _excess(liquidations: pd.DataFrame) -> float | None:
    """Part of the debt repaid that was not needed to bring the accounts back to health."""
    known = liquidations[liquidations["excess_usd"].notna()]
    return _share(known["excess_usd"], float(known["repaid_usd"].sum()))


def _break_even(liquidations: pd.DataFrame) -> float | None:
    """Debt below which a liquidation does not pay its gas, in the middle of those that were done:
    gas·price/(b·k), with the gas of the liquidation and of its sales at the base fee, the part b
    of the penalty that the liquidator keeps, and the part k of the debt that was repaid."""
    done = liquidations[liquidations["penalty"] > 0]
    gas = done["sold_usd"] - done["repaid_usd"] - done["profit_usd"] - done["builder_usd"]
    to_liquidator = done["seized"] / (done["seized"] + done["reserve_cut"])
    kept = (1 + done["penalty"]) * to_liquidator - 1
    factor = done["repaid_usd"] / done["debt_usd"]
    found = (gas / (kept * factor))[kept > 0]
    return float(found.median()) if len(found) else None


def _causes(liquidations: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Why traders did not save their accounts: accounts by the cause of their first
    liquidation, and what all of them cost their owners."""
    known = liquidations[liquidations["cause"] != ""].sort_values(["block", "position"])
    first = known.drop_duplicates("account").set_index("account")["cause"]
    lost = known.groupby(known["account"].map(first))["borrower_loss_usd"].sum().astype(float)
    counts = first.value_counts()
    return {
        cause: {
            "accounts": int(counts.get(cause, 0)),
            "borrower_loss_usd": float(lost.get(cause, 0.0)),
        }
        for cause in CAUSES
    }


def _hindrances(accounts: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Why accounts that could be liquidated at the end were not: how many, and their debt."""
    left = accounts.groupby("hindrance")["debt_usd"]
    counts, debts = left.size(), left.sum()
    return {
        hindrance: {
            "accounts": int(counts.get(hindrance, 0)),
            "debt_usd": float(debts.get(hindrance, 0.0)),
        }
        for hindrance in HINDRANCES
    }


def _delays(liquidations: pd.DataFrame) -> dict[str, Any]:
    """Percentiles of the delay, and the share of collateral liquidated within so many blocks."""
    if not liquidations["seized_usd"].sum() > 0:
        return {"delay_blocks": None, "efficiency": None}
    delay = liquidations["block"] - liquidations["eligible_block"]
    worth = liquidations["seized_usd"]
    first = 1
    return {
        "delay_blocks": {f"p{q}": float(delay.quantile(q / 100)) for q in (50, 90, 99)},
        "efficiency": {
            f"within_{blocks + 1}": float(worth[delay <= first + blocks].sum() / worth.sum())
            for blocks in WITHIN
        },
    }
