"""What lending brought, where someone lent what was drawn."""

from __future__ import annotations

from typing import Any

import pandas as pd


def lenders(agents: pd.DataFrame, blocks: pd.DataFrame) -> dict[str, Any] | None:
    """Money in USD; None where nobody lent.

    A claim is what a lender could ask for, cash or lent out: bad debt is off it. `at_risk` is
    debt above its collateral that is still in the claims, at the outside price.
    """
    lent = agents[agents["role"] == "lender"]
    if lent.empty:
        return None
    profit = float((lent["end_usd"] - lent["start_usd"]).sum())
    lost = float(blocks["bad_debt_usd"].iloc[-1])
    return {
        "lenders": len(lent),
        "lent_usd": float(lent["start_usd"].sum()),
        "claims_end_usd": float(lent["end_usd"].sum()),
        "profit_usd": profit,
        "interest_usd": profit + lost,
        "lost_usd": lost,
        "at_risk_usd": float(blocks["shortfall_usd"].iloc[-1]),
    }
