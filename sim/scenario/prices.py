"""The outside price: one section a model."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.fields import NonNegative, Positive, Section, Share, Spread, Volatility
from sim.units import YEAR


class Gbm(Section):
    model: Literal["gbm"] = "gbm"
    start: Positive = Field(200.0, description="Price at block 0, USD.")
    drift: float = Field(0.0, allow_inf_nan=False, description="Drift a year.")
    sigma: Volatility = Field(0.75, description="Volatility a year.")


class Merton(Section):
    model: Literal["merton"]
    start: Positive = Field(200.0, description="Price at block 0, USD.")
    drift: float = Field(0.0, allow_inf_nan=False, description="Drift a year.")
    sigma: Volatility = Field(0.834, description="Diffusive volatility a year.")
    jumps: NonNegative = Field(1_441.0, description="Jumps a year.")
    jump_mean: float = Field(-0.0032, ge=-10, le=10, description="Mean of a log jump.")
    jump_sd: Spread = Field(0.0415, description="Standard deviation of a log jump.")


class Kou(Section):
    model: Literal["kou"]
    start: Positive = Field(200.0, description="Price at block 0, USD.")
    drift: float = Field(0.0, allow_inf_nan=False, description="Drift a year.")
    sigma: Volatility = Field(0.834, description="Diffusive volatility a year.")
    jumps: NonNegative = Field(1_441.0, description="Jumps a year.")
    up_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.4, description="Share of the jumps that go up."
    )
    up_mean: Share = Field(0.025, description="Mean of an upward log jump.")
    down_mean: Spread = Field(0.032, description="Mean size of a downward log jump.")


class Garch(Section):
    model: Literal["garch"]
    start: Positive = Field(200.0, description="Price at block 0, USD.")
    drift: float = Field(0.0, allow_inf_nan=False, description="Drift a year.")
    sigma: Volatility = Field(0.75, description="Long-run volatility a year.")
    alpha: Share = Field(0.10, description="Weight of the last period's squared surprise.")
    beta: Share = Field(0.85, description="Weight of the last period's variance.")
    step: int = Field(3_600, ge=1, le=YEAR, description="Seconds of a period.")

    @model_validator(mode="after")
    def _stationary(self) -> Garch:
        if self.alpha + self.beta >= 1:
            raise ValueError(
                f"alpha ({self.alpha}) and beta ({self.beta}) must add up to less than 1"
            )
        return self


class Hawkes(Section):
    model: Literal["hawkes"]
    start: Positive = Field(200.0, description="Price at block 0, USD.")
    drift: float = Field(0.0, allow_inf_nan=False, description="Drift a year.")
    sigma: Volatility = Field(0.75, description="Diffusive volatility a year.")
    jumps: Annotated[NonNegative, Field(le=1e5)] = Field(
        500.0, description="Jumps a year that come by themselves; the others follow one."
    )
    branching: Annotated[float, Field(ge=0, le=0.95)] = Field(
        0.6, description="Further jumps that one brings, on average."
    )
    decay: Annotated[float, Field(ge=1, le=86_400)] = Field(
        600.0, description="Mean seconds from a jump to one that it brings."
    )
    jump_mean: float = Field(-0.0032, ge=-10, le=10, description="Mean of a log jump.")
    jump_sd: Spread = Field(0.0415, description="Standard deviation of a log jump.")


class OrnsteinUhlenbeck(Section):
    """For pegged assets: the price is drawn back to a level."""

    model: Literal["ou"]
    start: Positive = Field(1.0, description="Price at block 0, USD.")
    level: Positive = Field(1.0, description="The peg, USD.")
    half_life_hours: Annotated[Positive, Field(le=1e6)] = Field(
        6.0, description="Hours in which half of a deviation is gone."
    )
    sigma: Volatility = Field(0.05, description="Volatility a year.")


class Anchored(Section):
    """A Brownian bridge in log price through given points; exact at each of them."""

    model: Literal["anchored"]
    anchors: list[tuple[NonNegative, Positive]] = Field(
        min_length=2, description="(hours since block 0, USD), hours rising from 0."
    )
    sigma: Volatility = Field(2.45, description="Volatility a year between the anchors.")

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


PRICE_MODELS = ("gbm", "merton", "kou", "garch", "hawkes", "ou", "anchored", "replay")
PriceModel = Annotated[
    Gbm | Merton | Kou | Garch | Hawkes | OrnsteinUhlenbeck | Anchored | Replay,
    Field(discriminator="model"),
]


class Correlation(Section):
    """How the assets' returns go with those of the first asset."""

    base: Share = Field(
        0.0, description="Correlation of each asset's returns with the first asset's; 0 is off."
    )
    stress: Share | None = Field(None, description="The same in stress; default: as ever.")
    fall: Share = Field(
        0.1,
        description="It is stress while the first asset is so far below its highest price of "
        "the last window.",
    )
    window: int = Field(3_600, ge=1, le=YEAR, description="Seconds that the highest is taken of.")

    @model_validator(mode="after")
    def _rising(self) -> Correlation:
        if self.stress is not None and self.stress < self.base:
            raise ValueError(f"stress ({self.stress}) must be at least base ({self.base})")
        return self
