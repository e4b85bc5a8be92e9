"""The market of the stable against its reserve coin."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.fields import Head, NonNegative, Positive, Section, Share
from sim.scenario.prices import PriceModel

Part = Annotated[float, Field(gt=0, le=1)]


class PegTerms(Section):
    depth: NonNegative = Field(
        0.0,
        description="USD of each side in the pool of stable and reserve coin; 0: no market, the "
        "stable is taken for 1 USD.",
    )
    pool_fee: Share = Field(0.0005, description="Fee of that pool.")
    fee: Annotated[float, Field(ge=0, le=0.1)] = Field(
        0.001, description="Fee of the peg module, either way."
    )
    room: NonNegative = Field(
        10e6, description="USD of stable that the module may mint beyond what it has at block 0."
    )
    price: PriceModel | None = Field(
        None, description="Own model of the coin's price outside; else 1 USD."
    )
    holders: Head = Field(0, description="Holders of the coin, who leave it for the stable.")
    holdings: Positive = Field(500_000.0, description="USD of coin each holds (median).")
    trust: Part = Field(0.98, description="Price at which they leave (median).")
    bargain: Part = Field(
        0.03, description="Distance from 1 USD at which traders trade the stable (median)."
    )
    rate_limit: Positive = Field(
        0.15, description="Interest a year above which traders owe less (median)."
    )
    look_hours: Positive = Field(
        4.0, ge=0.01, description="Mean hours from one look of a holder or trader to the next."
    )
