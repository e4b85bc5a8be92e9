"""Did the stable hold its dollar, and what did holding it leave of the reserves."""

from __future__ import annotations

from typing import Any

import pandas as pd

AROUND = 0.01
"""Distance from 1 USD beyond which the stable is away from its peg."""
FULL = 1.0
"""USD of room that is none."""


def peg(blocks: pd.DataFrame) -> dict[str, Any] | None:
    """Prices in USD, at the margin of the pool; deviations from 1 USD; shares of blocks. None
    where the stable has no market.

    `reserves_left` is the least that the module still took back, over what it had taken in at
    the first block. The hole is what its coins lack of what it minted against them.
    """
    if not (blocks["coin_usd"] > 0).any():
        return None
    stable, coin, minted = blocks["stable_usd"], blocks["coin_usd"], blocks["peg_minted_usd"]
    away = (stable - 1).abs()
    hole = (minted - blocks["peg_reserve_usd"]).clip(lower=0)
    return {
        "lowest_usd": float(stable.min()),
        "highest_usd": float(stable.max()),
        "end_usd": float(stable.iloc[-1]),
        "deviation_mean_bp": float(away.mean() * 1e4),
        "deviation_worst_bp": float(away.max() * 1e4),
        "outside_share": float((away > AROUND).mean()),
        "coin_lowest_usd": float(coin.min()),
        "coin_end_usd": float(coin.iloc[-1]),
        "minted_start_usd": float(minted.iloc[0]),
        "minted_highest_usd": float(minted.max()),
        "minted_end_usd": float(minted.iloc[-1]),
        "full_share": float((blocks["peg_room_usd"] < FULL).mean()),
        "reserves_left": float(minted.min() / minted.iloc[0]) if minted.iloc[0] else None,
        "hole_worst_usd": float(hole.max()),
        "hole_end_usd": float(hole.iloc[-1]),
        "rate_mean": float(blocks["rate"].mean()),
        "rate_highest": float(blocks["rate"].max()),
    }
