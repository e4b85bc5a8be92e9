"""How far the core's price was from the market's, and how often it had none."""

from __future__ import annotations

from typing import Any

import pandas as pd

BASIS_POINTS = 1e4


def oracle(prices: pd.DataFrame) -> dict[str, Any]:
    """From the table `prices`; of several assets the worst one. Errors are |oracle/outside - 1|.

    `too_high_worst_bp` is the worst in the lenders' disfavour: what a position was thought to be
    worth above what it was. Stale is a block in which the price of some asset was not valid.
    """
    error = (prices["oracle"] / prices["outside"] - 1) * BASIS_POINTS
    by_asset = error.abs().groupby(prices["asset"])
    stale = ~prices.groupby("block", sort=True)["valid"].all().astype(bool)
    return {
        "error_mean_bp": float(by_asset.mean().max()),
        "error_worst_bp": float(error.abs().max()),
        "too_high_worst_bp": float(error.max()),
        "stale_share": float(stale.mean()),
        "stale_longest_blocks": _longest(stale),
    }


def _longest(flags: pd.Series[bool]) -> int:
    """Most blocks in a row that are so."""
    run = flags.astype(int).groupby((~flags).cumsum()).sum()
    return int(run.max()) if len(run) else 0
