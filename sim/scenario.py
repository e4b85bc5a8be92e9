"""A scenario: everything a run depends on besides its seed, validated.

Shares and ratios are plain numbers (0.25 is 25 %), prices USD, volatilities a year,
times seconds unless the name says otherwise. Unknown keys are refused.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from sim.errors import ScenarioError
from sim.units import YEAR

SHIPPED = Path(__file__).parent / "scenarios"

LARGEST = 1e15
"""Of any amount: in wei it still fits every field on chain."""
EARLIEST = datetime(2011, 1, 1, tzinfo=UTC)
"""Of a run: its set-up comes after the genesis of every engine."""

Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=LARGEST, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, le=LARGEST, allow_inf_nan=False)]
Spread = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
"""Standard deviation of a logarithm."""
Gwei = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Tip = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
"""Gwei; may be 0."""
Leverage = Annotated[float, Field(gt=1, le=100, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Head = Annotated[int, Field(ge=0, le=100_000)]
"""How many agents."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Run(Section):
    blocks: int = Field(
        7_200, ge=1, le=10_000_000, description="Blocks to run; one step is one block."
    )
    block_seconds: int = Field(12, ge=1, le=3_600, description="Seconds between blocks.")
    seed: int = Field(1, ge=0, description="The one seed everything random is spawned from.")
    start: str = Field(
        "2020-03-12T00:00:00+00:00",
        description="ISO time of block 0; UTC when it names no zone.",
    )

    @field_validator("start", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        """TOML has dates of its own."""
        return value.isoformat() if isinstance(value, date) else value

    @field_validator("start")
    @classmethod
    def _moment(cls, value: str) -> str:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("an ISO time such as 2020-03-12T00:00:00+00:00 is needed") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if moment < EARLIEST:
            raise ValueError(f"a time from {EARLIEST:%Y-%m-%d} on is needed")
        return moment.isoformat()


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


class Ratios(Section):
    """Shares of a collateral's value that must be equity."""

    initial: Share = Field(0.40, description="Gates borrowing and withdrawing.")
    maintenance: Share = Field(0.30, description="Below it: margin call.")
    close_out: Share = Field(0.20, description="Below it: liquidatable at once.")

    @model_validator(mode="after")
    def _ordered(self) -> Ratios:
        if not self.initial > self.maintenance:
            raise ValueError(
                f"initial ({self.initial}) must be above maintenance ({self.maintenance})"
            )
        if self.close_out > self.maintenance:
            raise ValueError(
                f"close_out ({self.close_out}) must be at most maintenance ({self.maintenance})"
            )
        return self


class Margin(Ratios):
    model: Literal["linear"] = "linear"


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
    model: Literal["kinked"] = "kinked"
    base: NonNegative = Field(0.01, description="Rate a year at utilisation 0.")
    at_kink: NonNegative = Field(0.04, description="Added at the kink.")
    above: NonNegative = Field(0.75, description="Added from the kink to utilisation 1.")
    kink: Annotated[float, Field(gt=0, lt=1)] = Field(0.8, description="Utilisation of the kink.")


class Asset(Section):
    symbol: str = Field("ETH", min_length=1, max_length=12, description="Name in tables.")
    decimals: int = Field(18, ge=0, le=18, description="Of the token.")
    price: PriceModel | None = Field(None, description="Own price model; else [price].")
    margin: Ratios | None = Field(None, description="Own ratios; else [margin].")
    pool_depth: NonNegative = Field(
        20e6, description="USD of each side in its AmmPool; 0 is no pool."
    )


class ProtocolTerms(Section):
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
    max_deviation: NonNegative = Field(0.25, description="Guard: largest move of one post; 0 off.")
    tip_gwei: Tip = Field(2.0, description="Priority fee in calm.")
    budget_multiple: Positive = Field(
        2.0, description="Fee cap as a multiple of the base fee seen when sending."
    )

    @model_validator(mode="after")
    def _quorum(self) -> Oracle:
        if self.quorum > self.reporters:
            raise ValueError(f"quorum ({self.quorum}) must be at most reporters ({self.reporters})")
        return self


class Traders(Section):
    count: Head = Field(100, description="Traders, one account each.")
    equity_median: Positive = Field(20_000.0, description="Lognormal equity, USD.")
    equity_sigma: Spread = Field(1.5, description="Standard deviation of log equity.")
    leverage_low: Leverage = Field(1.4, description="Leverage V/E, 10th pct.")
    leverage_high: Leverage = Field(1.9, description="90th percentile.")
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
    min_profit: NonNegative = Field(20.0, description="USD after gas and slippage, median.")
    failure_rate: Share = Field(0.1, description="Believed chance that an attempt fails.")
    bid_share: Share = Field(0.2, description="Share of expected profit bid as tip.")
    latency_blocks: Count = Field(0, description="Blocks between seeing and sending.")
    max_tip_gwei: Gwei = Field(500.0, description="Priority fee cap.")


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


class Arbitrageurs(Section):
    count: Head = Field(1, description="Keep the pools at the outside price.")
    capital: Positive = Field(5e6, description="USD in each token of each pool at block 0.")
    min_profit: NonNegative = Field(10.0, description="USD after gas.")
    tip_gwei: Tip = Field(2.0, description="Priority fee.")


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


class Scenario(Section):
    name: str = Field(min_length=1, description="Short name.")
    question: str = Field("", description="What the scenario asks, one sentence.")
    run: Run = Run()
    price: PriceModel = Gbm()
    assets: list[Asset] = Field([Asset()], min_length=1, max_length=8)
    margin: Margin = Margin()
    penalty: Penalty = Penalty()
    rate: Rate = Rate()
    protocol: ProtocolTerms = ProtocolTerms()
    oracle: Oracle = Oracle()
    traders: Traders = Traders()
    liquidators: Liquidators = Liquidators()
    searchers: Searchers = Searchers()
    arbitrageurs: Arbitrageurs = Arbitrageurs()
    attackers: Attackers = Attackers()
    guardian: GuardianTerms = GuardianTerms()
    gas: Gas = Gas()

    @model_validator(mode="after")
    def _distinct(self) -> Scenario:
        symbols = [asset.symbol for asset in self.assets]
        if len(set(symbols)) < len(symbols):
            raise ValueError(f"symbols of assets must differ: {', '.join(symbols)}")
        return self

    @model_validator(mode="after")
    def _solvable(self) -> Scenario:
        for asset in self.assets:
            ratios = asset.margin or self.margin
            largest = self.penalty.largest
            if (1 - ratios.close_out) * (1 + largest) >= 1:
                raise ValueError(
                    f"(1 - close_out)(1 + penalty) must be below 1 for {asset.symbol}: "
                    f"({1 - ratios.close_out:g})({1 + largest:g}) is "
                    f"{(1 - ratios.close_out) * (1 + largest):.4g}"
                )
        return self

    @property
    def block_times(self) -> range:
        """Seconds since block 0 of blocks 1 .. run.blocks."""
        step = self.run.block_seconds
        return range(step, (self.run.blocks + 1) * step, step)


def names() -> list[str]:
    """The shipped scenarios."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load(source: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """A shipped scenario by name, or a TOML file by path.

    ``overrides`` are ``key.path=value`` with TOML values (bare words are strings).
    Raises ScenarioError with one sentence naming the field, its value and what is allowed.
    """
    path = _locate(source)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path.name} is not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} cannot be read: {error}") from None
    for override in overrides:
        _apply(data, override)
    data.setdefault("name", path.stem)
    _resolve_files(data, path.parent)
    return validate(data, path.name)


def validate(data: Mapping[str, Any], origin: str) -> Scenario:
    try:
        return Scenario.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(_sentence(error, origin)) from None


def _locate(source: str | Path) -> Path:
    path = Path(source)
    if path.suffix == ".toml" or path.parent != Path("."):
        if not path.is_file():
            raise ScenarioError(f"there is no scenario file {path}")
        return path
    shipped = SHIPPED / f"{source}.toml"
    if not shipped.is_file():
        raise ScenarioError(
            f"there is no scenario {str(source)!r}; shipped are {', '.join(names())}, "
            "or give the path of a .toml file"
        )
    return shipped


def _apply(data: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise ScenarioError(f"override {override!r} is not of the form key.path=value")
    try:
        setting = tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        setting = text
    *parents, leaf = key.strip().split(".")
    place: Any = data
    for name in parents:
        if isinstance(place, list):
            place = place[_index(place, name, override)]
        else:
            place = place.setdefault(name, {})
        if not isinstance(place, dict | list):
            raise ScenarioError(f"override {override!r} goes into {name!r}, which is not a section")
    if isinstance(place, list):
        place[_index(place, leaf, override)] = setting
    else:
        place[leaf] = setting


def _index(items: list[Any], text: str, override: str) -> int:
    if not text.isdecimal() or int(text) >= len(items):
        raise ScenarioError(f"override {override!r}: {text!r} is not an index below {len(items)}")
    return int(text)


def _resolve_files(data: dict[str, Any], folder: Path) -> None:
    """A replay file is named relative to the scenario file, or to the working directory."""
    assets = data.get("assets")
    listed = assets if isinstance(assets, list) else []
    specs = [data.get("price"), *(a.get("price") for a in listed if isinstance(a, dict))]
    for spec in specs:
        if isinstance(spec, dict) and isinstance(spec.get("file"), str):
            beside = folder / spec["file"]
            if beside.is_file():
                spec["file"] = str(beside)


def _sentence(error: ValidationError, origin: str) -> str:
    first = error.errors(include_url=False)[0]
    # The location of a field of a price model also names the model, which is no key.
    place = [str(part) for part in first["loc"] if part not in PRICE_MODELS]
    where = ".".join(place) or "the scenario"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        name = origin.removesuffix(".toml")
        return f"{origin}: unknown key {where}; `plimsoll show {name}` lists the known ones"
    if first["type"] in ("union_tag_not_found", "union_tag_invalid"):
        tag = first.get("ctx", {}).get("tag")
        found = "is missing" if tag is None else f"is {tag!r}"
        return f"{origin}: {where}.model {found}: one of {', '.join(PRICE_MODELS)} is needed"
    found = first.get("input")
    shown = f" is {found!r}" if isinstance(found, int | float | str | bool) else ""
    if isinstance(found, float) and not math.isfinite(found):
        message = "a finite number is needed"
    return f"{origin}: {where}{shown}: {message[:1].lower()}{message[1:]}"
