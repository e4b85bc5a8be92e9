"""What agents see: the market of a block, and each one's view of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np

from agents.base import Participant
from agents.market import Market
from agents.view import Occasion, Opportunities, Position, Report, View
from sim.chain.engine import Engine
from sim.model.desk import Desk
from sim.model.floor import Floor
from sim.model.outside import Outside
from sim.model.scene import Scene
from sim.protocol.standing import Standing
from sim.protocol.system import System
from sim.units import WAD, Address

WATCHED = 16
"""Accounts that an attacker studies, the riskiest."""
LEAST_GAS = 200_000
"""Of a liquidation: one that is not worth this much gas is nobody's opportunity."""


@dataclass
class Sight:
    """Reads the ledger and the chain on behalf of everyone who is awake in a block."""

    system: System
    desk: Desk
    outside: Outside
    starts_at: int
    """Timestamp of block 0."""
    floor: Floor | None = None
    accounts: dict[Address, list[int]] = field(default_factory=dict)
    """Owner -> its accounts."""
    _reports: dict[Participant, Report | None] = field(default_factory=dict)
    _holders: dict[Participant, bool] = field(default_factory=dict)

    def of_block(
        self,
        engine: Engine,
        scene: Scene,
        standing: Standing,
        awake: Sequence[Participant],
        tip_needed: int,
    ) -> Look:
        """Everything that those awake may ask to see, read from the chain in one batch."""
        own = {account for agent in awake for account in self.accounts.get(agent.address, ())}
        riskiest = _riskiest(standing) if any(a.watches_accounts for a in awake) else []
        searched = any(agent.watches_liquidations for agent in awake)
        candidates = self._candidates(scene, standing) if searched else []
        positions, opportunities = self.system.read(engine, sorted(own | {*riskiest}), candidates)
        market = self._market(scene, tip_needed)
        opportunities.sort(key=attrgetter("debt"), reverse=True)
        look = Look(self, market, positions, riskiest, Opportunities(opportunities))
        look.bids_changed()
        return look

    def changed(self) -> None:
        """Something was executed: what was kept of the ledger may be old."""
        self._reports.clear()
        self._holders.clear()

    def reported(self, agent: Participant) -> Report | None:
        if agent not in self._reports:
            reported = self.system.reported(agent.address)
            self._reports[agent] = reported and (reported[0] - self.starts_at, reported[1])
        return self._reports[agent]

    def holds_tokens(self, agent: Participant) -> bool:
        if agent not in self._holders:
            self._holders[agent] = self.system.holds_tokens(agent.address)
        return self._holders[agent]

    def _market(self, scene: Scene, tip_needed: int) -> Market:
        oracle = self.system.ledger.oracle
        timestamp = self.starts_at + int(scene.time)
        return Market(
            block=scene.block,
            time=scene.time,
            timestamp=timestamp,
            terms=self.system.terms,
            prices=tuple(scene.prices.tolist()),
            oracle=tuple(oracle.prices),
            oracle_valid=tuple(
                oracle.is_valid(asset, timestamp) for asset in range(len(oracle.prices))
            ),
            pools=self.system.pools(),
            eth_usd=scene.eth_usd,
            base_fee=scene.base_fee,
            tip_needed=tip_needed,
            poked_at=tuple(self.system.ledger.poked_at) if self.system.terms.oracle_period else (),
            utilisation=self.system.utilisation(),
            volatility=self.outside.volatility(scene.block),
            paused=self.system.paused(),
            venues=self.floor.books if self.floor else (),
            rate=self.system.rate(),
            peg=self.system.peg(self.outside.coin_usd(scene.block)),
        )

    def _candidates(self, scene: Scene, standing: Standing) -> list[int]:
        """Accounts that look callable or liquidatable and are worth more than the gas of it."""
        fee = LEAST_GAS * scene.base_fee / WAD * scene.eth_usd
        worth = standing.debt * self.system.terms.max_penalty > fee
        return [int(row) + 1 for row in np.flatnonzero(standing.actionable & worth)]


@dataclass
class Look:
    """What was read for one block."""

    sight: Sight
    market: Market
    positions: dict[int, Position]
    riskiest: Sequence[int]
    opportunities: Opportunities
    """At equal debts by account."""
    _told: dict[int, int] = field(default_factory=dict)
    """Account -> the best tip pending for it, as the opportunities say."""

    def stirs(self, agent: Participant) -> bool:
        """Whether an agent that looks every block has anything to look at."""
        if not agent.every_block:
            return True
        if agent.owes:
            return self.sight.floor is not None and bool(self.sight.floor.owed)
        if agent.watches_liquidations and not self.opportunities:
            return self.sight.holds_tokens(agent)
        return agent.stirs(self.market, self.sight.reported(agent))

    def bids_changed(self) -> None:
        """Tell the best tip now pending for each account; only what is news is made anew."""
        tips = self.sight.desk.rival_tips
        if news := tips.items() - self._told.items():
            self.opportunities, self._told = self.opportunities.told(news), dict(tips)

    def view(self, agent: Participant, occasion: Occasion) -> View:
        system, desk, floor = self.sight.system, self.sight.desk, self.sight.floor
        own = self.sight.accounts.get(agent.address, ())
        return View(
            market=self.market,
            occasion=occasion,
            wallet=system.wallet(agent.address, desk.wei[agent.address]),
            positions=tuple(self.positions[account] for account in own),
            opportunities=self.opportunities if agent.watches_liquidations else Opportunities(),
            pending=desk.pending(agent),
            mempool=desk.seen(agent) if agent.watches_mempool else (),
            watched=(
                tuple(self.positions[account] for account in self.riskiest)
                if agent.watches_accounts
                else ()
            ),
            reported=self.sight.reported(agent),
            record=desk.record(agent) if agent.watches_liquidations else (),
            settled=desk.succeeded(agent),
            owed=floor.owed_by(agent.address) if floor else (),
        )


def _riskiest(standing: Standing) -> list[int]:
    """Accounts with debt, the lowest health first."""
    rows = np.argsort(standing.health, kind="stable")[:WATCHED]
    return [int(row) + 1 for row in rows if standing.debt[row] > 0]
