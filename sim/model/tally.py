"""Bookkeeping of a run: what outcomes and events mean for accounts, agents and tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np
import pandas as pd

from agents.base import Participant
from agents.intent import FlashLiquidate, Liquidate
from sim.model.desk import Outcome
from sim.model.records import Records, frame
from sim.protocol.effects import Called, CallEnded, Flashed, Liquidated, WrittenOff
from sim.protocol.events import Happening
from sim.protocol.ledger import Floats
from sim.protocol.standing import Standing
from sim.units import WAD, from_wad, to_gwei

LARGEST_ACCOUNT = 2**63
"""Above it what is called an account is an address."""


@dataclass(slots=True)
class History:
    """What happened to one account."""

    agent: str
    calls: int = 0
    cured: int = 0
    liquidations: int = 0
    repaid: float = 0.0
    penalty: float = 0.0
    bad_debt: float = 0.0
    eligible_block: int | None = None
    """Since when it is liquidatable without a break."""
    called_block: int | None = None


@dataclass(slots=True)
class Spending:
    """What one agent sent."""

    status: Counter[str] = field(default_factory=Counter)
    wei: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """The circumstances of a block, for its rows."""

    block: int
    time: float
    prices: Floats
    """USD outside."""
    eth_usd: float
    base_fee: int


@dataclass(frozen=True, slots=True)
class Act:
    """How a liquidation was done."""

    outcome: Outcome
    flash: int | None
    """Stable earned, when it was done with minted capital."""
    rivals: int
    """Other agents whose attempt at the same account failed in the same block."""

    @property
    def route(self) -> str:
        if self.flash is not None:
            return "flash"
        if self.outcome.ticket.bundled:
            return "bundle"
        return "private" if self.outcome.pending.private else "public"


def _rivals(account: int, outcomes: Sequence[Outcome]) -> int:
    tried = {
        outcome.ticket.agent.name
        for outcome in outcomes
        if outcome.status in ("reverted", "dropped")
        and isinstance(outcome.ticket.intent, Liquidate | FlashLiquidate)
        and outcome.ticket.intent.account == account
    }
    return len(tried)


def _account(h: Happening) -> int | None:
    """That an event is about: by its effects, else by a field of that name."""
    account = _first(h, "account")
    named = h.fields.get("account") if account is None else account
    return named if named is not None and named < LARGEST_ACCOUNT else None


def _first(h: Happening, name: str) -> int | None:
    return next((getattr(e, name) for e in h.effects if hasattr(e, name)), None)


class Tally:
    """Writes rows as things happen, and the tables of accounts and agents at the end."""

    def __init__(self, symbols: Sequence[str], units: Sequence[int]) -> None:
        self.records = Records()
        self.accounts: list[History] = []
        self.spending: dict[str, Spending] = {}
        self.symbols = symbols
        self.units = units
        self._lowest: Floats = np.zeros(0)
        self._eligible: set[int] = set()

    def outcomes(self, scene: Scene, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            agent, intent = outcome.ticket.agent, outcome.ticket.intent
            transaction = outcome.pending.transaction
            fee_usd = outcome.fee / WAD * scene.eth_usd
            spent = self.spending.setdefault(agent.name, Spending())
            spent.status[outcome.status] += 1
            spent.wei += outcome.fee + outcome.paid
            spent.usd += (outcome.fee + outcome.paid) / WAD * scene.eth_usd
            asset = getattr(intent, "asset", getattr(intent, "pool", None))
            self.records.write(
                "transactions",
                scene.block,
                outcome.position,
                agent.name,
                agent.role,
                type(intent).__name__,
                getattr(intent, "account", None),
                None if asset is None else self.symbols[asset],
                transaction.nonce,
                transaction.gas,
                outcome.gas_used,
                to_gwei(outcome.price),
                to_gwei(max(0, outcome.price - scene.base_fee)),
                fee_usd,
                outcome.status,
                outcome.reason,
                outcome.pending.arrival,
            )

    def events(
        self,
        scene: Scene,
        happened: Sequence[Happening],
        outcomes: Sequence[Outcome],
        health: Floats,
        why: Callable[[int], str],
    ) -> None:
        """`health` is every account's before the block; `why` tells the cause of the failure to
        save an account."""
        senders = {outcome.position: outcome for outcome in outcomes if outcome.position >= 0}
        done = [(h, effect) for h in happened for effect in h.effects]
        flash = {h.position: effect.profit for h, effect in done if isinstance(effect, Flashed)}
        for h in happened:
            asset = h.asset if h.asset is not None else _first(h, "asset")
            self.records.write(
                "events",
                scene.block,
                h.position,
                h.name,
                _account(h),
                None if asset is None else self.symbols[asset],
                json.dumps({name: str(number) for name, number in h.fields.items()}),
            )
        for h, effect in done:
            match effect:
                case Liquidated(account=account):
                    before = float(health[account - 1]) if account <= len(health) else inf
                    rivals = _rivals(account, outcomes)
                    act = Act(senders[h.position], flash.get(h.position), rivals)
                    self._liquidated(scene, effect, act, before, why(account))
                case Called(account=account):
                    history = self.accounts[account - 1]
                    history.calls += 1
                    history.called_block = scene.block
                case CallEnded(account=account):
                    self._cleared(self.accounts[account - 1])
                case WrittenOff(account=account, amount=amount):
                    self.accounts[account - 1].bad_debt += from_wad(amount)

    def opened(self, agent: str) -> None:
        self.accounts.append(History(agent))
        self._lowest = np.append(self._lowest, inf)

    def standing(self, block: int, standing: Standing) -> None:
        """Note the lowest buffers, and since when accounts are liquidatable."""
        np.minimum(self._lowest, standing.buffer, out=self._lowest, where=standing.debt > 0)
        for row in self._eligible - (now := set(np.flatnonzero(standing.liquidatable).tolist())):
            self.accounts[row].eligible_block = None
        for row in now - self._eligible:
            self.accounts[row].eligible_block = block
        self._eligible = now

    def proximity(self, block: int, standing: Standing) -> None:
        """How far every price has to fall, as a share of itself, until an account is below
        maintenance: 1 - 1 / health, negative for one that is."""
        rows = np.flatnonzero(standing.debt > 0)
        distance = np.maximum(-1.0, 1 - 1 / np.maximum(standing.health[rows], 1e-9))
        for row, debt, far in zip(
            rows.tolist(), standing.debt[rows].tolist(), distance.tolist(), strict=True
        ):
            self.records.write("proximity", block, row + 1, debt, far)

    def _cleared(self, history: History) -> None:
        """A call that ended without a liquidation since was cured."""
        if history.called_block is not None:
            history.cured += 1
        history.called_block = None

    def _liquidated(
        self, scene: Scene, done: Liquidated, act: Act, health: float, cause: str
    ) -> None:
        history, asset = self.accounts[done.account - 1], done.asset
        outcome = act.outcome
        price = float(scene.prices[asset])
        repaid = from_wad(done.repaid)
        seized = done.seized / self.units[asset]
        reserve_cut = done.reserve_cut / self.units[asset]
        fee_usd = outcome.fee / WAD * scene.eth_usd
        payment_usd = outcome.ticket.payment / WAD * scene.eth_usd
        tip = max(0, outcome.price - scene.base_fee)
        gain = seized * price - repaid if act.flash is None else from_wad(act.flash)
        penalty = from_wad(done.penalty)
        history.liquidations += 1
        history.repaid += repaid
        history.penalty += repaid * penalty
        self.records.write(
            "liquidations",
            scene.block,
            outcome.position,
            outcome.ticket.agent.name,
            done.account,
            self.symbols[asset],
            repaid,
            seized,
            seized * price,
            reserve_cut,
            penalty,
            health,
            history.eligible_block or scene.block,
            history.called_block,
            fee_usd,
            gain - fee_usd - payment_usd,
            act.route,
            act.rivals,
            to_gwei(scene.base_fee),
            to_gwei(tip),
            tip * outcome.gas_used / WAD * scene.eth_usd + payment_usd,
            (seized + reserve_cut) * price - repaid,
            cause,
        )
        history.called_block = None

    # ------------------------------------------------------------------- tables

    def accounts_table(self, standing: Standing) -> pd.DataFrame:
        """State of every account at the end."""
        rows = []
        below, liquidatable = standing.below, standing.liquidatable
        for row, history in enumerate(self.accounts):
            status = "healthy"
            if below[row]:
                status = "liquidatable" if liquidatable[row] else "below maintenance"
            rows.append(
                (
                    row + 1,
                    history.agent,
                    float(standing.debt[row]),
                    float(standing.value[row]),
                    float(standing.health[row]),
                    status,
                    history.calls,
                    history.cured,
                    history.liquidations,
                    history.repaid,
                    history.penalty,
                    float(self._lowest[row]),
                    history.bad_debt,
                )
            )
        return frame("accounts", rows)

    def agents_table(
        self, agents: Sequence[Participant], start: dict[str, float], end: dict[str, float]
    ) -> pd.DataFrame:
        """What every agent sent, paid and is worth, `start` and `end` in USD by name.

        Worth leaves out the gas money; profit takes off the gas paid, at the price of its
        block, so that holding gas money is no position.
        """
        rows = []
        for agent in agents:
            spent = self.spending.get(agent.name, Spending())
            rows.append(
                (
                    agent.name,
                    agent.role,
                    "0x" + agent.address.hex(),
                    spent.status["succeeded"] + spent.status["reverted"],
                    spent.status["succeeded"],
                    spent.status["reverted"],
                    spent.wei / WAD,
                    spent.usd,
                    start[agent.name],
                    end[agent.name],
                    end[agent.name] - start[agent.name] - spent.usd,
                )
            )
        return frame("agents", rows)
