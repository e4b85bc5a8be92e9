"""The markets around the contract: for blocks, and for what is seized."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.fields import Gwei, NonNegative, Positive, Section, Share, Spread, Tip

Distance = Annotated[float, Field(gt=0, lt=0.9, allow_inf_nan=False)]
"""From a price, relative to it."""


class Gas(Section):
    """The block market's background: other people's transactions."""

    level: list[tuple[NonNegative, Gwei]] = Field(
        [(0.0, 12.0)],
        min_length=1,
        description="(hours since block 0, gwei): base fee at which background demand is half a "
        "block; linear in between, constant after the last.",
    )
    elasticity: Annotated[Positive, Field(le=10)] = Field(
        1.0, description="Of background gas to the base fee."
    )
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
    rounds: int = Field(
        1,
        ge=1,
        le=1_000,
        description="How often in a block bidders see the public pool; 1: each once, by chance "
        "before or after its rivals.",
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


class VenueTerms(Section):
    """The venue outside, one for each collateral: where what is seized is sold, and at what."""

    model: Literal["none", "depth", "book"] = Field(
        "none",
        description="none: sales do not move the outside price; depth: orders everywhere between "
        "the tiers; book: a market maker's orders, at its levels only.",
    )
    depth: list[tuple[Distance, Positive]] = Field(
        [(0.01, 24e6), (0.02, 47e6), (0.05, 100e6)],
        min_length=1,
        description="(distance from the price, USD that can be sold down to there), in calm.",
    )
    scale: Positive = Field(1.0, description="Of the depth; 0.5 and 0.25 are calibrated stress.")
    levels: list[Distance] = Field(
        [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05],
        min_length=1,
        description="book: distances of the market maker's order tiers.",
    )
    volatility_weight: NonNegative = Field(
        0.77,
        le=5,
        description="Depth falls with this power of realised volatility over calm, half by "
        "smaller and half by wider orders; 0: static.",
    )
    thinnest: Annotated[Positive, Field(le=1)] = Field(
        0.25, description="Part of the depth that volatility leaves at least."
    )
    calm_volatility: Positive = Field(0.75, description="A year.")
    half_life: Positive = Field(600.0, description="Seconds in which half of an impact is gone.")
    permanent: Share = Field(0.25, description="Part of the impact that stays, at the first tier.")
    fee: Share = Field(0.0005, description="Of a trade, stays with the venue.")

    @model_validator(mode="after")
    def _deeper(self) -> VenueTerms:
        for before, after in pairwise(self.depth):
            if not (after[0] > before[0] and after[1] > before[1]):
                raise ValueError("distances and amounts of depth must rise")
        if any(b <= a for a, b in pairwise(self.levels)):
            raise ValueError("levels must rise")
        return self
