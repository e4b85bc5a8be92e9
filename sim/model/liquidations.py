"""A row for every liquidation: who, when, against whom, and who got what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isnan, nan

import pandas as pd

from sim.model.books import Books, Deal, of_wei, to_usd
from sim.model.desk import Offer, Outcome
from sim.model.scene import Scene
from sim.protocol.effects import Liquidated
from sim.protocol.standing import Standing
from sim.tables import frame
from sim.units import WAD, from_wad, to_gwei


@dataclass(frozen=True, slots=True)
class Patient:
    """An account just before a liquidation."""

    debt: float
    value: float
    maintenance: float
    """Requirement as a share of value."""

    @classmethod
    def of(cls, standing: Standing, row: int) -> Patient:
        if row >= len(standing.debt):
            return cls(nan, nan, nan)
        value = float(standing.value[row])
        share = float(standing.maintenance[row]) / value if value else 0.0
        return cls(float(standing.debt[row]), value, share)

    @property
    def health(self) -> float:
        return self.value * (1 - self.maintenance) / self.debt if self.debt else inf

    def healing(self, penalty: float) -> float:
        """Least repayment that brings health back to 1, at most the debt:
        D(1 − HF)/(1 − LT(1 + b)); nan where it was healthy before the block."""
        if not self.health < 1:
            return nan
        left = 1 - (1 - self.maintenance) * (1 + penalty)
        return min(self.debt, self.debt * (1 - self.health) / left) if left > 0 else self.debt

    def after(self, repaid: float, penalty: float) -> Patient:
        return Patient(
            max(0.0, self.debt - repaid),
            max(0.0, self.value - repaid * (1 + penalty)),
            self.maintenance,
        )


@dataclass(frozen=True, slots=True)
class Liquidation:
    """What is known of one when its block is done."""

    scene: Scene
    done: Liquidated
    outcome: Outcome
    deal: Deal
    is_flash: bool
    offers: tuple[Offer, ...]
    patient: Patient
    eligible_block: int
    called_block: int | None
    cause: str

    @property
    def agent(self) -> str:
        return self.outcome.ticket.agent.name

    @property
    def route(self) -> str:
        if self.is_flash:
            return "flash"
        if self.outcome.ticket.bundled:
            return "bundle"
        return "private" if self.outcome.pending.private else "public"

    @property
    def builder_usd(self) -> float:
        """Tip and payment."""
        tip = self.outcome.gas_used * max(0, self.outcome.price - self.scene.base_fee)
        return (tip + self.outcome.ticket.payment) / WAD * self.scene.eth_usd


class Liquidations:
    """All of a run, in the order of execution."""

    def __init__(self, symbols: Sequence[str], units: Sequence[int]) -> None:
        self.books = Books(units)
        self._symbols = symbols
        self._units = units
        self._all: list[Liquidation] = []

    def deal(
        self, scene: Scene, done: Liquidated, outcome: Outcome, flash: int | None, paying: int
    ) -> Deal:
        """Enters one in the books. `flash` is the stable earned with minted capital, `paying`
        the wei of gas that a payment to the builder cost."""
        agent = outcome.ticket.agent.name
        costs = of_wei(outcome.fee + outcome.ticket.payment + paying, scene.eth_usd)
        if flash is None:
            return self.books.seized(agent, done.asset, done.seized, done.repaid, costs)
        worth = self.books.worth(done.asset, done.seized, float(scene.prices[done.asset]))
        return self.books.flashed(agent, done.asset, worth, done.repaid, flash, costs)

    def add(self, liquidation: Liquidation) -> None:
        self._all.append(liquidation)

    def of(self, agent: str) -> list[Liquidation]:
        return [each for each in self._all if each.agent == agent]

    def profit(self, agent: str, prices: Sequence[float]) -> int:
        """Money that the liquidations of an agent earned it, net; what is left of them is at
        the prices given."""
        return sum(self.books.profit(each.deal, prices) for each in self.of(agent))

    def table(self, prices: Sequence[float]) -> pd.DataFrame:
        """Prices are those outside at the end."""
        return frame("liquidations", [self._row(each, prices) for each in self._all])

    def _row(self, each: Liquidation, prices: Sequence[float]) -> tuple[object, ...]:
        scene, done, outcome, deal = each.scene, each.done, each.outcome, each.deal
        price = float(scene.prices[done.asset])
        repaid, penalty = from_wad(done.repaid), from_wad(done.penalty)
        seized = done.seized / self._units[done.asset]
        reserve_cut = done.reserve_cut / self._units[done.asset]
        gain = seized * price - repaid
        healing = each.patient.healing(penalty)
        own = [offer.price for offer in each.offers if offer.agent == each.agent]
        rivals = [offer for offer in each.offers if offer.agent != each.agent]
        return (
            scene.block,
            outcome.position,
            each.agent,
            done.account,
            self._symbols[done.asset],
            repaid,
            seized,
            seized * price,
            reserve_cut,
            penalty,
            each.patient.health,
            each.eligible_block,
            each.called_block,
            outcome.fee / WAD * scene.eth_usd,
            to_usd(self.books.profit(deal, prices)),
            each.route,
            len({offer.agent for offer in rivals}),
            to_gwei(scene.base_fee),
            to_gwei(max(0, outcome.price - scene.base_fee)),
            each.builder_usd,
            (seized + reserve_cut) * price - repaid,
            each.cause,
            len(each.offers),
            max(own, default=nan) / 1e9,
            max((offer.price for offer in rivals), default=nan) / 1e9,
            each.builder_usd / gain if gain > 0 else nan,
            to_usd(self.books.brought(deal, prices)),
            to_usd(deal.slippage),
            each.patient.debt,
            max(0.0, repaid - healing) if not isnan(healing) else nan,
            outcome.ticket.agent.role == "searcher",
        )
