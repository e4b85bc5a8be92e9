"""The rows that each block leaves in the tables `blocks` and `prices`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import nan

import numpy as np

from agents.market import Peg
from sim.model.scene import Scene
from sim.protocol.columns import Floats
from sim.protocol.standing import Standing
from sim.protocol.system import System
from sim.tables import BAND_NAMES, PEG_COLUMNS
from sim.units import WAD, from_wad

BANDS = np.array([1.0, 1.1, 1.25, 1.5, 2.0])
"""Health factors between which debt is counted; see `sim.tables.BAND_NAMES`."""


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


def of_block(
    system: System, standing: Standing, prices: Floats, coin_usd: float
) -> dict[str, float]:
    """Columns at the prices outside, and of the protocol as a whole."""
    outside = system.ledger.values(prices).sum(axis=1)
    return {
        "collateral_usd": float(outside.sum()),
        "shortfall_usd": float(np.maximum(standing.debt - outside, 0.0).sum()),
        "bad_debt_usd": from_wad(system.ledger.bad_debt),
        "reserve_usd": from_wad(system.reserve_stable()),
        "rate": system.rate(),
        **_of_peg(system.peg(coin_usd)),
    }


def of_assets(
    system: System, symbols: Sequence[str], scene: Scene, timestamp: int
) -> Iterator[tuple[int, float, str, float, float, bool, float]]:
    """Rows of the table `prices`, one a collateral; nan where it has no pool."""
    oracle, pools, assets = system.ledger.oracle, system.pools(), system.terms.assets
    for i, (symbol, pool) in enumerate(zip(symbols, pools, strict=True)):
        in_pool = nan
        if pool and pool.collateral:
            in_pool = pool.stable / pool.collateral * 10 ** (assets[i].decimals - 18)
        price, posted = float(scene.prices[i]), from_wad(oracle.prices[i])
        valid = oracle.is_valid(i, timestamp)
        yield scene.block, scene.time, symbol, price, posted, valid, in_pool


def _of_peg(peg: Peg | None) -> dict[str, float]:
    """Columns about the market of the stable."""
    if peg is None:
        return {**dict.fromkeys(PEG_COLUMNS, 0.0), "stable_usd": 1.0}
    figures = (
        peg.stable_usd,
        peg.coin_usd,
        peg.redeemable / WAD,
        peg.mintable / WAD,
        peg.reserve / peg.coin_unit * peg.coin_usd,
    )
    return dict(zip(PEG_COLUMNS, figures, strict=True))


def _lowest(figures: Floats) -> float:
    return float(figures.min()) if len(figures) else 0.0
