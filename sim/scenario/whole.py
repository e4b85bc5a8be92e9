"""A scenario as a whole, and what must hold across its sections."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pydantic import Field, field_validator, model_validator

from sim.scenario.fields import Section
from sim.scenario.margin import Margin, ScanTerms
from sim.scenario.market import Gas, VenueTerms
from sim.scenario.peg import PegTerms
from sim.scenario.people import (
    Arbitrageurs,
    Attackers,
    GuardianTerms,
    Lenders,
    Liquidators,
    Searchers,
    Traders,
)
from sim.scenario.prices import Correlation, Gbm, PriceModel
from sim.scenario.protocol import Asset, Oracle, Penalty, ProtocolTerms, Rate
from sim.units import WAD, from_wad, to_wad

EARLIEST = datetime(2011, 1, 1, tzinfo=UTC)
"""Of a run: its set-up comes after the genesis of every engine."""


class Run(Section):
    blocks: int = Field(
        7_200, ge=1, le=10_000_000, description="Blocks to run; one step is one block."
    )
    block_seconds: int = Field(12, ge=1, le=3_600, description="Seconds between blocks.")
    seed: int = Field(1, ge=0, description="The one seed everything random is spawned from.")
    people_seed: int | None = Field(
        None,
        ge=0,
        description="Who takes part is drawn as by the run of this seed; default the run's own. "
        "Set, all seeds of a study have the same people.",
    )
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


class Scenario(Section):
    name: str = Field(min_length=1, description="Short name.")
    question: str = Field("", description="What the scenario asks, one sentence.")
    run: Run = Run()
    price: PriceModel = Gbm()
    correlation: Correlation = Correlation()
    assets: list[Asset] = Field([Asset()], min_length=1, max_length=8)
    margin: Margin = Margin()
    penalty: Penalty = Penalty()
    rate: Rate = Rate()
    peg: PegTerms = PegTerms()
    protocol: ProtocolTerms = ProtocolTerms()
    oracle: Oracle = Oracle()
    traders: Traders = Traders()
    lenders: Lenders = Lenders()
    liquidators: Liquidators = Liquidators()
    searchers: Searchers = Searchers()
    arbitrageurs: Arbitrageurs = Arbitrageurs()
    attackers: Attackers = Attackers()
    guardian: GuardianTerms = GuardianTerms()
    gas: Gas = Gas()
    venue: VenueTerms = VenueTerms()

    @model_validator(mode="after")
    def _distinct(self) -> Scenario:
        symbols = [asset.symbol for asset in self.assets]
        if len(set(symbols)) < len(symbols):
            raise ValueError(f"symbols of assets must differ: {', '.join(symbols)}")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Scenario:
        if self.traders.collaterals > len(self.assets):
            raise ValueError(
                f"traders.collaterals ({self.traders.collaterals}) must be at most the number of "
                f"assets ({len(self.assets)})"
            )
        asks = {
            "rate.model 'peg'": self.rate.model == "peg",
            "peg.holders": self.peg.holders > 0,
            "peg.price": self.peg.price is not None,
            "liquidators.coin_share": self.liquidators.coin_share > 0,
        }
        for what, asked in asks.items():
            if asked and self.peg.depth == 0:
                raise ValueError(f"{what} needs a market of the stable: peg.depth above 0")
        if self.oracle.source in ("spot", "twap"):
            for asset in self.assets:
                if asset.pool_depth == 0:
                    raise ValueError(
                        f"oracle.source {self.oracle.source!r} needs a pool of every asset: "
                        f"pool_depth of {asset.symbol} above 0"
                    )
        rises_for, lasts = self.penalty.dutch_seconds, self.protocol.call_window
        if self.penalty.model == "dutch" and rises_for > lasts:
            raise ValueError(
                f"penalty.dutch_seconds ({rises_for}) must be at most "
                f"protocol.call_window ({lasts})"
            )
        return self

    @model_validator(mode="after")
    def _solvable(self) -> Scenario:
        """The core's gate, in its own units: a liquidation at close-out must help."""
        scan = self.scan_terms()
        largest = to_wad(self.penalty.largest)
        for i, asset in enumerate(self.assets):
            close_out = to_wad((asset.margin or self.margin).close_out)
            least = scan.close_out_floor(i) if scan else close_out
            if (WAD - least) * (WAD + largest) >= WAD * WAD:
                share, penalty = 1 - from_wad(least), 1 + self.penalty.largest
                name = "close_out · floor_share" if scan else "close_out"
                raise ValueError(
                    f"(1 - {name})(1 + penalty) must be below 1 for {asset.symbol}: "
                    f"({share:g})({penalty:g}) is {share * penalty:.4g}"
                )
        return self

    def scan_terms(self) -> ScanTerms | None:
        """What ScenarioMargin is made with; None where requirements are linear."""
        if self.margin.model == "linear":
            return None
        ratios = [asset.margin or self.margin for asset in self.assets]
        return ScanTerms.of(self.margin, ratios, [asset.factor for asset in self.assets])
