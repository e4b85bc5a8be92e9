"""The row that each block leaves in the table `blocks`."""

from __future__ import annotations

import numpy as np

from sim.protocol.ledger import Floats
from sim.protocol.standing import Standing

BANDS = np.array([1.0, 1.1, 1.25, 1.5, 2.0])
BAND_NAMES = (
    "band_below_1",
    "band_1_to_1_1",
    "band_1_1_to_1_25",
    "band_1_25_to_1_5",
    "band_1_5_to_2",
    "band_above_2",
)
"""Debt by health factor, USD."""
BLOCK_COLUMNS = (
    "block", "time_s", "timestamp", "base_fee_gwei", "gas_used", "background_gas",
    "transactions", "reverted", "refused", "pending", "debt_usd", "collateral_usd",
    "shortfall_usd", "bad_debt_usd", "liquidatable_usd", "below", "called",
    "lowest_buffer_usd", "reserve_usd", "power_usd", "maintenance_usd", "apart_usd", *BAND_NAMES,
)  # fmt: skip
"""Shortfall is at the outside price, health and requirements at the oracle's. Power is the debt
that the initial requirement allows; `apart_usd` the maintenance requirement, were each
collateral in an account of its own."""


def of_standing(standing: Standing) -> dict[str, float]:
    """Columns that follow from the accounts at the prices on chain."""
    by_band = np.bincount(
        np.searchsorted(BANDS, standing.health, side="right"),
        weights=standing.debt,
        minlength=len(BAND_NAMES),
    )
    return {
        "debt_usd": float(standing.debt.sum()),
        "liquidatable_usd": float(standing.debt[standing.liquidatable].sum()),
        "below": int(standing.below.sum()),
        "called": int(standing.called.sum()),
        "lowest_buffer_usd": _lowest(standing.buffer[standing.debt > 0]),
        "power_usd": float((standing.value - standing.initial).sum()),
        "maintenance_usd": float(standing.maintenance.sum()),
        "apart_usd": float(standing.apart.sum()),
        **dict(zip(BAND_NAMES, by_band.tolist(), strict=True)),
    }


def _lowest(figures: Floats) -> float:
    return float(figures.min()) if len(figures) else 0.0
