"""The circumstances of a block, for its rows."""

from __future__ import annotations

from dataclasses import dataclass

from sim.protocol.columns import Floats


@dataclass(frozen=True, slots=True)
class Scene:
    block: int
    time: float
    prices: Floats
    """USD outside."""
    eth_usd: float
    base_fee: int
