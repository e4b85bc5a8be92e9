"""What the rules let borrowers do with their collateral."""

from __future__ import annotations

from typing import Any

import pandas as pd


def efficiency(blocks: pd.DataFrame) -> dict[str, Any]:
    """Capital efficiency: mean debt outstanding over the run, for each USD of collateral that
    was there at its first block.

    Collateral counts at the first block's price, so that a falling price does not look
    like better use of it: debt falls only when it is repaid, liquidated or lost.
    """
    collateral = float(blocks["collateral_usd"].iloc[0])
    return {
        "capital_efficiency": float(blocks["debt_usd"].mean()) / collateral if collateral else None
    }
