"""The block market: what competes with the run's own transactions."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from sim.scenario.fields import Gwei, NonNegative, Positive, Section, Spread, Tip


class Gas(Section):
    """The block market's background: other people's transactions."""

    level: list[tuple[NonNegative, Gwei]] = Field(
        [(0.0, 12.0)],
        min_length=1,
        description="(hours since block 0, gwei): base fee at which background demand is half a "
        "block; linear in between, constant after the last.",
    )
    elasticity: Positive = Field(1.0, le=10, description="Of background gas to the base fee.")
    noise: Spread = Field(0.25, description="Lognormal sd of background gas, block by block.")
    block_gas_limit: int = Field(
        30_000_000, ge=1_000_000, le=60_000_000, description="Gas a block holds."
    )
    tip_median_gwei: Tip = Field(1.5, description="Median background tip at 12 gwei level.")
    tip_sigma: Spread = Field(0.8, description="Standard deviation of the log tip.")
    base_fee_start: Gwei | None = Field(None, description="gwei; default the level at 0.")
    eth_usd: Positive = Field(
        200.0, description="USD of the gas coin when no asset is called ETH or WETH."
    )
    order: Literal["fee", "first-come", "random"] = Field(
        "fee", description="How the builder orders the pool."
    )
    lifetime_blocks: int = Field(
        25, ge=1, description="Blocks a transaction waits before its sender takes it back."
    )

    @model_validator(mode="after")
    def _rising(self) -> Gas:
        hours = [hour for hour, _ in self.level]
        if any(b <= a for a, b in pairwise(hours)):
            raise ValueError("level hours must rise")
        return self
