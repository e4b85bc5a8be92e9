"""What the contracts are deployed with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.fields import Count, NonNegative, Positive, Section, Share, Tip
from sim.scenario.margin import Ratios
from sim.scenario.prices import PriceModel
from sim.units import YEAR


class Penalty(Section):
    """What a borrower loses on top of the debt repaid, as a share of it."""

    model: Literal["fixed", "health", "dutch"] = Field(
        "fixed", description="Fixed; growing as health falls; growing with time since the call."
    )
    fixed: Share = Field(0.08, description="fixed: the penalty.")
    health_base: Share = Field(0.02, description="health: the penalty at health 1.")
    health_slope: NonNegative = Field(0.5, description="health: added per unit of health lost.")
    health_cap: Share = Field(0.05, description="health: the largest.")
    dutch_start: Share = Field(0.005, description="dutch: the penalty at once.")
    dutch_cap: Share = Field(0.05, description="dutch: the largest.")
    dutch_seconds: int = Field(
        1_800, ge=1, le=YEAR, description="dutch: seconds from the first to the largest."
    )
    reserve_share: Share = Field(0.10, description="Part of the penalty that goes to the Reserve.")
    liquidator_floor: Share = Field(
        0.03, description="Kept by the liquidator where cap_toxic cuts; all there is when V < D."
    )

    @property
    def largest(self) -> float:
        """The largest penalty that the model can ask for."""
        match self.model:
            case "fixed":
                return self.fixed
            case "health":
                return min(self.health_base + self.health_slope, self.health_cap)
            case _:
                return self.dutch_cap

    @property
    def rise(self) -> float:
        """Added by each second after a call, until the largest is reached."""
        if self.model != "dutch":
            return 0.0
        return (self.dutch_cap - self.dutch_start) / self.dutch_seconds

    @model_validator(mode="after")
    def _rising(self) -> Penalty:
        for low, high in (("health_base", "health_cap"), ("dutch_start", "dutch_cap")):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} ({getattr(self, low)}) must be at most {high} ({getattr(self, high)})"
                )
        return self


class Rate(Section):
    model: Literal["kinked", "peg"] = Field(
        "kinked", description="By utilisation; the same, higher while the stable is below one coin."
    )
    base: NonNegative = Field(0.01, description="Rate a year at utilisation 0.")
    at_kink: NonNegative = Field(0.04, description="Added at the kink.")
    above: NonNegative = Field(0.75, description="Added from the kink to utilisation 1.")
    kink: Annotated[float, Field(gt=0, lt=1)] = Field(0.8, description="Utilisation of the kink.")
    peg_slope: Annotated[float, Field(ge=0, le=10_000)] = Field(
        10.0, description="peg: added for each unit below one coin, taken off above."
    )
    peg_most: Annotated[float, Field(ge=0, le=100)] = Field(
        0.5, description="peg: the most added or taken off."
    )
    peg_window: int = Field(
        1_800, ge=60, le=YEAR, description="peg: least seconds the pool's price is averaged over."
    )


class Asset(Section):
    symbol: str = Field("ETH", min_length=1, max_length=12, description="Name in tables.")
    decimals: int = Field(18, ge=0, le=18, description="Of the token.")
    price: PriceModel | None = Field(None, description="Own price model; else [price].")
    margin: Ratios | None = Field(None, description="Own ratios; else [margin].")
    factor: float = Field(
        1.0,
        ge=-1,
        le=1,
        description="Scenario margin: share of its range that follows the "
        "market, down for an inverse asset; the rest is its own.",
    )
    pool_depth: NonNegative = Field(
        20e6, description="USD of each side in its AmmPool; 0 is no pool."
    )


class ProtocolTerms(Section):
    contract: str = Field(
        "plimsoll",
        min_length=1,
        description="Whose: plimsoll, or another adapter; see docs/adapter.md.",
    )
    grace: Count = Field(0, description="Seconds from a margin call to its deadline.")
    call_window: int = Field(86_400, ge=1, description="Seconds a call is good after its deadline.")
    close_factor: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5, description="Share of the debt one liquidation may repay."
    )
    full_liquidation_health: NonNegative = Field(0.95, description="At or below: the whole debt.")
    debt_ceiling: Positive = Field(50e6, description="Global, USD.")
    account_ceiling: Positive = Field(10e6, description="Per account, USD.")
    min_debt: NonNegative = Field(100.0, description="Least debt of an account, USD.")
    min_left: NonNegative = Field(10.0, description="Less collateral counts as none, USD.")
    cap_toxic: bool = Field(True, description="Cap the penalty where it would seize more than V.")
    loss_threshold: Positive = Field(5e6, description="USD of bad debt in a window: breaker.")
    loss_window: int = Field(86_400, ge=1, description="Seconds.")
    reserve: NonNegative = Field(0.0, description="Stable held by the Reserve at block 0, USD.")


class Oracle(Section):
    source: Literal["reporters", "delayed", "spot", "twap"] = Field(
        "reporters",
        description="What the core reads: the reporters' median, the same a period late, or the "
        "spot or time-weighted price of the AmmPool.",
    )
    period: int = Field(
        3_600, ge=60, le=YEAR, description="delayed: seconds late; twap: least seconds averaged."
    )
    reporters: int = Field(3, ge=1, le=9, description="Independent posters.")
    quorum: int = Field(2, ge=1, le=9, description="Fresh reports for a valid price.")
    heartbeat: int = Field(3_600, ge=1, description="Seconds after which a reporter posts anyway.")
    deviation: Positive = Field(0.005, description="Relative move at which a reporter posts.")
    latency_blocks: Count = Field(1, description="Blocks between seeing a price and sending it.")
    max_age: int = Field(7_200, ge=1, description="Seconds after which a report is stale.")
    max_deviation: NonNegative = Field(0.25, description="Guard: largest move in a second; 0 off.")
    tip_gwei: Tip = Field(2.0, description="Priority fee in calm.")
    budget_multiple: Positive = Field(
        2.0, description="Fee cap as a multiple of the base fee seen when sending."
    )
    outage: tuple[NonNegative, NonNegative] | None = Field(
        None, description="Hours from which to which reporters are silent."
    )
    silenced: int = Field(9, ge=0, le=9, description="How many are, at most: the first ones.")
    liars: int = Field(0, ge=0, le=9, description="How many reporters lie: the last ones.")
    lie_factor: Positive = Field(0.5, description="What they report over the price outside.")
    lie_from: NonNegative = Field(0.0, description="Hours since block 0 from which they do.")

    @model_validator(mode="after")
    def _quorum(self) -> Oracle:
        if self.quorum > self.reporters:
            raise ValueError(f"quorum ({self.quorum}) must be at most reporters ({self.reporters})")
        if self.liars > self.reporters:
            raise ValueError(f"liars ({self.liars}) must be at most reporters ({self.reporters})")
        if self.outage and self.outage[1] <= self.outage[0]:
            raise ValueError(
                f"outage (hour {self.outage[0]:g} to {self.outage[1]:g}) must end after it begins"
            )
        return self
