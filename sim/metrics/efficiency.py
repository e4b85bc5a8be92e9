"""What the rules let borrowers do with their collateral."""

from __future__ import annotations

from typing import Any

import pandas as pd


def efficiency(blocks: pd.DataFrame) -> dict[str, Any]:
    """Capital efficiency: mean debt outstanding over the run, for each USD of collateral that
    was there at its first block.

    Collateral counts at the first block's price, so that a falling price does not look
    like better use of it: debt falls only when it is repaid, liquidated or lost.

    At the first block too: `borrowing_power`, the debt that a USD of collateral allows;
    `power_used`, how much of it is drawn; `portfolio_saving`, the part of the maintenance
    requirement that accounts are spared because their collaterals are held together.
    """
    first = blocks.iloc[0]
    collateral, power = float(first["collateral_usd"]), float(first["power_usd"])
    return {
        "capital_efficiency": _share(float(blocks["debt_usd"].mean()), collateral),
        "borrowing_power": _share(power, collateral),
        "power_used": _share(float(first["debt_usd"]), power),
        "portfolio_saving": _share(
            first["apart_usd"] - first["maintenance_usd"], first["apart_usd"]
        ),
    }


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
