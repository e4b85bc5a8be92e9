"""Who takes part."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sim.scenario.fields import (
    Count,
    Gwei,
    Head,
    Leverage,
    NonNegative,
    Positive,
    Section,
    Share,
    Spread,
    Tip,
)


class Traders(Section):
    count: Head = Field(100, description="Traders, one account each.")
    equity_median: Positive = Field(20_000.0, description="Lognormal equity, USD.")
    equity_sigma: Spread = Field(1.5, description="Standard deviation of log equity.")
    leverage_low: Leverage = Field(1.4, description="Leverage V/E, 10th pct.")
    leverage_high: Leverage = Field(1.9, description="90th percentile.")
    collaterals: int = Field(1, ge=1, le=8, description="Collaterals each holds.")
    accounts: Literal["cross", "isolated"] = Field(
        "cross", description="All collaterals in one account, or an account for each."
    )
    power_used: Share = Field(
        0.0,
        description="Part of what the initial requirement allows that is borrowed at block 0 "
        "(median), whatever the leverage; 0: leverage is drawn.",
    )
    leverage_size_slope: float = Field(
        0.08, allow_inf_nan=False, description="Leverage added per unit of log equity above median."
    )
    late_share: Share = Field(0.1, description="Share that opens during the run, not before.")
    reserves_share: NonNegative = Field(
        0.15, description="Funds kept aside to answer margin calls, as a share of equity (mean)."
    )
    answer_seconds: Positive = Field(1_800.0, description="Mean delay before a call is answered.")
    stop_loss_share: Share = Field(0.2, description="Share of traders who deleverage early.")
    stop_loss_health: Positive = Field(1.15, description="Health at which they do.")
    adjust_days: Positive = Field(
        5.0, ge=0.01, description="Mean days between a trader's own adjustments."
    )
    tip_gwei: Tip = Field(1.5, description="Priority fee, median.")
    run_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="Bank run: share of traders who want everything out at one time."
    )
    run_hours: NonNegative = Field(1.0, description="Hours since block 0 at which they run.")
    run_seconds: Positive = Field(900.0, description="Mean delay until each of them joins.")
    whale_share: Share = Field(0.0, description="Of all debt at block 0, held by one account.")
    whale_leverage: Leverage = Field(3.0, description="V/E of that account.")

    @model_validator(mode="after")
    def _leverage(self) -> Traders:
        if self.leverage_high < self.leverage_low:
            raise ValueError(
                f"leverage_high ({self.leverage_high}) must be at least "
                f"leverage_low ({self.leverage_low})"
            )
        return self


Strategy = Literal["keeper", "auctioneer", "private", "flash", "sniper", "split"]


class Liquidators(Section):
    strategies: list[Strategy] = Field(
        ["auctioneer"],
        min_length=1,
        description="How they liquidate, in turn: keeper, auctioneer (rebids), private (bundles), "
        "flash (no capital), sniper (waits for a rising penalty), split (two steps).",
    )
    inventory: Literal["sell", "hold", "hedge"] = Field(
        "sell", description="What they do with what they seize."
    )
    count: Head = Field(4, description="Liquidators; 0 switches them off.")
    capital: Positive = Field(500_000.0, description="Stable each holds at block 0, USD (median).")
    coin_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="Part of the capital held in reserve coin, if the stable has a market."
    )
    collateral_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0,
        description="Part of the capital held in the collaterals; with inventory hold it is sold "
        "when there is more to liquidate than stable.",
    )
    min_profit: NonNegative = Field(20.0, description="USD after gas and slippage, median.")
    failure_rate: Share = Field(0.1, description="Believed chance that an attempt fails.")
    bid_share: Share = Field(0.2, description="Share of expected profit bid as tip.")
    latency_blocks: NonNegative = Field(
        0.0,
        le=1_000,
        description="Blocks between seeing and being there: the mean of what each draws anew for "
        "every block (geometric).",
    )
    max_tip_gwei: Gwei = Field(
        500.0,
        description="Priority fee cap, whatever a liquidation is worth: no bid is above that worth "
        "anyway. Where all bid it, who was first wins and builders' share is what it leaves them.",
    )


class Searchers(Section):
    copycats: Count = Field(0, description="Copy public liquidations with a higher tip.")
    sandwichers: Count = Field(0, description="Trade around liquidators' public pool sales.")
    capital: Positive = Field(1e6, description="USD of stable each holds at block 0.")
    min_profit: NonNegative = Field(20.0, description="USD after gas.")
    bid_share: Share = Field(0.5, description="Share of the gain that a bundle pays the builder.")


class Attackers(Section):
    manipulators: Count = Field(
        0, description="Push the pool's price where the core's oracle reads the pool."
    )
    capital: Positive = Field(5e6, description="USD of stable and of each token a manipulator has.")
    stale_borrowers: Count = Field(
        0, description="Borrow against collateral that the oracle prices above the market."
    )
    stale_capital: Positive = Field(1e6, description="USD of stable that each of them starts with.")
    griefers: Count = Field(0, description="Repay a unit before each public liquidation.")
    budget_eth: Positive = Field(50.0, description="What each spends on it, ether.")


class GuardianTerms(Section):
    enabled: bool = Field(False, description="Whether a guardian watches.")
    volatility_high: Positive = Field(
        4.0, description="Volatility a year, of the last hour, at which borrowing is paused."
    )
    volatility_extreme: Positive = Field(
        10.0, description="At which withdrawing with debt is paused too."
    )
    utilisation_high: Positive = Field(0.95, description="Utilisation that pauses borrowing.")


class Lenders(Section):
    """Where the protocol draws on lenders."""

    count: Head = Field(10, description="Lenders, who lend the same.")
    supply: Positive | None = Field(
        None, description="USD that all lend together; default: the debt ceiling."
    )


class Arbitrageurs(Section):
    count: Head = Field(1, description="Keep the pools at the outside price.")
    capital: Positive = Field(
        5e6,
        description="USD in each token of each pool at block 0; without a venue that is all they "
        "have for the run.",
    )
    min_profit: NonNegative = Field(10.0, description="USD after gas.")
    tip_gwei: Tip = Field(2.0, description="Priority fee.")
    redeemers: Head = Field(1, description="Redeem the stable, where the protocol allows it.")
