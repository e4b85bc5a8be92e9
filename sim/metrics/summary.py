"""Every figure of one run, by question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sim.metrics.cascade import cascade
from sim.metrics.efficiency import efficiency
from sim.metrics.incentives import incentives
from sim.metrics.lenders import lenders
from sim.metrics.liquidation import liquidation
from sim.metrics.oracle import oracle
from sim.metrics.peg import peg
from sim.metrics.proximity import proximity
from sim.metrics.solvency import solvency


def summarise(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Every figure of a run, as plain numbers; ready for JSON. Empty for a run of no block."""
    blocks, prices = tables["blocks"], tables["prices"]
    if blocks.empty:
        return {}
    return {
        "market": _market(blocks, prices),
        "oracle": oracle(prices),
        "solvency": solvency(blocks, tables["accounts"]),
        "lenders": lenders(tables["agents"], blocks),
        "efficiency": efficiency(blocks),
        "liquidation": liquidation(blocks, tables["liquidations"], tables["accounts"]),
        "incentives": incentives(tables["agents"], tables["liquidations"], tables["transactions"]),
        "cascade": cascade(tables["venue"], prices, tables["liquidations"]),
        "proximity": proximity(tables["proximity"]),
        "peg": peg(blocks),
    }


def _market(blocks: pd.DataFrame, prices: pd.DataFrame) -> dict[str, Any]:
    assets = {}
    for asset, rows in prices.groupby("asset", sort=False):
        outside = rows["outside"]
        error = (rows["oracle"] / outside - 1).abs()
        assets[str(asset)] = {
            "first": float(outside.iloc[0]),
            "lowest": float(outside.min()),
            "last": float(outside.iloc[-1]),
            "deepest_fall": float((1 - outside / outside.cummax()).max()),
            "oracle_error_p99": float(error.quantile(0.99)),
            "oracle_invalid_blocks": int((~rows["valid"].astype(bool)).sum()),
        }
    return {
        "blocks": len(blocks),
        "hours": float(blocks["time_s"].iloc[-1] / 3_600),
        "base_fee_median_gwei": float(blocks["base_fee_gwei"].median()),
        "base_fee_highest_gwei": float(blocks["base_fee_gwei"].max()),
        "assets": assets,
    }
