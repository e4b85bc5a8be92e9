"""What liquidation sales did to the price, and the price to further liquidations.

Only where a venue outside has depth: elsewhere sales do not move the price.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

MEMORY = 3_600
"""Seconds. A liquidation is the shock's own if the undisturbed price was low enough for it so
recently, because the oracle and liquidators may be late, or is at any time later."""


def cascade(
    venue: pd.DataFrame, prices: pd.DataFrame, liquidations: pd.DataFrame
) -> dict[str, Any] | None:
    """Money in USD, shares of 1. None where no venue has depth.

    A collateral's `shock` is the deepest fall of its undisturbed path, its `fall` that of the
    price everyone saw, `amplification` their ratio; `largest_impact` is the furthest that price
    was below the path, and `spillover` that of collaterals other than the most shocked one. The
    branching ratio is the part of what was repaid by liquidations that the undisturbed price
    would not have caused: in a branching process the part of events that have a parent.
    """
    if venue.empty:
        return None
    known = liquidations.assign(triggered=_triggered(venue, prices, liquidations))
    assets = {
        str(asset): _of(rows, known[known["asset"] == asset])
        for asset, rows in venue.groupby("asset", sort=False)
    }
    hit = max(assets.values(), key=lambda found: found["repaid_usd"])
    shocked = max(assets.values(), key=lambda found: found["shock"])
    spared = [found for found in assets.values() if found is not shocked]
    return {
        "amplification": hit["amplification"],
        "branching_ratio": _part(known),
        "spillover": max((found["largest_impact"] for found in spared), default=None),
        "triggered_usd": float(known.loc[known["triggered"], "repaid_usd"].sum()),
        "sold_usd": float(venue["sold_usd"].sum()),
        "slippage_usd": float(venue["slippage_usd"].sum()),
        "thinnest_depth_usd": float(venue["depth_usd"].min()),
        "assets": assets,
    }


def _of(venue: pd.DataFrame, liquidations: pd.DataFrame) -> dict[str, Any]:
    shock, fall = deepest_fall(venue["path"]), deepest_fall(venue["outside"])
    return {
        "shock": shock,
        "fall": fall,
        "amplification": fall / shock if shock > 0 else None,
        "repaid_usd": float(liquidations["repaid_usd"].sum()),
        "branching_ratio": _part(liquidations),
        "largest_impact": float((1 - venue["outside"] / venue["path"]).max()),
    }


def deepest_fall(prices: pd.Series[float]) -> float:
    """From a high to a later low, a share of the high."""
    return float((1 - prices / prices.cummax()).max())


def _part(liquidations: pd.DataFrame) -> float | None:
    """Share of what was repaid whose liquidation was triggered by others."""
    repaid = liquidations["repaid_usd"].astype(float)
    triggered = repaid[liquidations["triggered"].astype(bool)]
    return float(triggered.sum() / repaid.sum()) if repaid.sum() > 0 else None


def _triggered(
    venue: pd.DataFrame, prices: pd.DataFrame, liquidations: pd.DataFrame
) -> pd.Series[bool]:
    """Whether the path alone would have spared the account: its lowest from `MEMORY` before to
    the end of the run is above the account's liquidation price, which is the oracle's of the
    block before over its health then. With several collaterals, under a fall of all together."""
    seconds = float(prices["time_s"].iloc[-1] / prices["block"].iloc[-1])
    window = max(1, round(MEMORY / seconds))
    lowest = venue.groupby("asset", sort=False)["path"].transform(
        lambda path: np.minimum(path.rolling(window, min_periods=1).min(), path[::-1].cummin())
    )
    lows = venue.assign(lowest=lowest)[["block", "asset", "lowest"]]
    oracle = prices.assign(block=prices["block"] + 1)[["block", "asset", "oracle"]]
    found = (
        liquidations[["block", "asset", "health_before"]].merge(lows, "left").merge(oracle, "left")
    )
    threshold = found["oracle"] / found["health_before"].replace(np.inf, np.nan)
    triggered = (found["lowest"] > threshold).to_numpy()
    return pd.Series(triggered, index=liquidations.index, dtype=bool)
