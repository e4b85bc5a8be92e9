"""The outside price: one section a model."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.fields import NonNegative, Positive, Section, Spread


class Gbm(Section):
    model: Literal["gbm"] = "gbm"
    start: Positive = Field(200.0, description="Price at block 0, USD.")
    drift: float = Field(0.0, allow_inf_nan=False, description="Drift a year.")
    sigma: NonNegative = Field(0.75, description="Volatility a year.")


class Merton(Section):
    model: Literal["merton"]
    start: Positive = Field(200.0, description="Price at block 0, USD.")
    drift: float = Field(0.0, allow_inf_nan=False, description="Drift a year.")
    sigma: NonNegative = Field(0.834, description="Diffusive volatility a year.")
    jumps: NonNegative = Field(1_441.0, description="Jumps a year.")
    jump_mean: float = Field(-0.0032, ge=-10, le=10, description="Mean of a log jump.")
    jump_sd: Spread = Field(0.0415, description="Standard deviation of a log jump.")


class Anchored(Section):
    """A Brownian bridge in log price through given points; exact at each of them."""

    model: Literal["anchored"]
    anchors: list[tuple[NonNegative, Positive]] = Field(
        min_length=2, description="(hours since block 0, USD), hours rising from 0."
    )
    sigma: NonNegative = Field(2.45, description="Volatility a year between the anchors.")

    @model_validator(mode="after")
    def _rising(self) -> Anchored:
        hours = [hour for hour, _ in self.anchors]
        if hours[0] != 0 or any(b <= a for a, b in pairwise(hours)):
            raise ValueError("anchor hours must start at 0 and rise")
        return self


class Replay(Section):
    model: Literal["replay"]
    file: str = Field(description="CSV of `time, price` or of OHLC bars; relative to the scenario.")
    speed: Positive = Field(1.0, description="Seconds of the file in one second of the run.")


PRICE_MODELS = ("gbm", "merton", "anchored", "replay")
PriceModel = Annotated[Gbm | Merton | Anchored | Replay, Field(discriminator="model")]
