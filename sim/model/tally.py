"""Bookkeeping of a run: what outcomes and events mean for accounts, agents and tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, nan

import numpy as np
import pandas as pd

from agents.base import Participant
from agents.intent import Bundle, FlashLiquidate, Liquidate, Swap
from sim.model.books import of_wei, to_usd
from sim.model.desk import Offer, Outcome
from sim.model.hindrance import Hindrance
from sim.model.liquidations import Liquidation, Liquidations, Patient
from sim.model.records import Records
from sim.model.scene import Scene
from sim.protocol.columns import Floats
from sim.protocol.effects import Called, CallEnded, Flashed, Liquidated, WrittenOff
from sim.protocol.happening import Happening
from sim.protocol.standing import Standing
from sim.tables import frame
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
    """What one agent sent and paid."""

    status: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    """To liquidate, whatever became of them."""
    wins: int = 0
    wei: int = 0
    money: int = 0
    """Gas and payments to builders, at the price of their blocks; see `sim.model.books`."""
    failed: int = 0
    """Of it, gas of what reverted."""


@dataclass(frozen=True, slots=True)
class _Block:
    """What a liquidation's row needs to know of its block."""

    scene: Scene
    standing: Standing
    offers: Mapping[int, Sequence[Offer]]
    why: Callable[[int], str]
    flashed: Mapping[int, int]
    """Position -> stable earned with minted capital."""
    paying: Mapping[Participant, int]
    """Wei of gas that a payment to the builder cost."""
    patients: dict[int, Patient] = field(default_factory=dict)
    """Accounts liquidated so far, as the last liquidation left them."""


def _flashed(happened: Sequence[Happening]) -> dict[int, int]:
    effects = ((h.position, effect) for h in happened for effect in h.effects)
    return {at: effect.profit for at, effect in effects if isinstance(effect, Flashed)}


def _paying(outcomes: Sequence[Outcome]) -> dict[Participant, int]:
    sent = ((outcome.ticket, outcome.fee) for outcome in outcomes)
    return {ticket.agent: fee for ticket, fee in sent if isinstance(ticket.intent, Bundle)}


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
        self.liquidations = Liquidations(symbols, units)
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
            spent.money += of_wei(outcome.fee + outcome.paid, scene.eth_usd)
            if outcome.status == "reverted":
                spent.failed += of_wei(outcome.fee, scene.eth_usd)
            if isinstance(intent, Liquidate | FlashLiquidate):
                spent.attempts += 1
                spent.wins += outcome.status == "succeeded"
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
        standing: Standing,
        offers: Mapping[int, Sequence[Offer]],
        why: Callable[[int], str],
    ) -> None:
        """`standing` is that before the block, `offers` the bids for each account; `why` tells
        the cause of the failure to save an account."""
        senders = {outcome.position: outcome for outcome in outcomes if outcome.position >= 0}
        block = _Block(scene, standing, offers, why, _flashed(happened), _paying(outcomes))
        for h in happened:
            self._write_event(scene, h)
            sender = senders.get(h.position)
            if sender and h.name == "Swapped":
                self._swapped(scene, h, sender)
            for effect in h.effects:
                match effect:
                    case Liquidated() if sender:
                        self._liquidated(block, effect, sender)
                    case Called(account=account):
                        history = self.accounts[account - 1]
                        history.calls += 1
                        history.called_block = scene.block
                    case CallEnded(account=account):
                        self._cleared(self.accounts[account - 1])
                    case WrittenOff(account=account, amount=amount):
                        self.accounts[account - 1].bad_debt += from_wad(amount)

    def _liquidated(self, block: _Block, done: Liquidated, sender: Outcome) -> None:
        account, ticket = done.account, sender.ticket
        history = self.accounts[account - 1]
        repaid, penalty = from_wad(done.repaid), from_wad(done.penalty)
        patient = block.patients.get(account) or Patient.of(block.standing, account - 1)
        block.patients[account] = patient.after(repaid, penalty)
        flash = block.flashed.get(sender.position)
        paying = block.paying.get(ticket.agent, 0) if ticket.payment else 0
        self.liquidations.add(
            Liquidation(
                scene=block.scene,
                done=done,
                outcome=sender,
                deal=self.liquidations.deal(block.scene, done, sender, flash, paying),
                is_flash=flash is not None,
                offers=tuple(block.offers.get(account, ())),
                patient=patient,
                eligible_block=history.eligible_block or block.scene.block,
                called_block=history.called_block,
                cause=block.why(account),
            )
        )
        history.liquidations += 1
        history.repaid += repaid
        history.penalty += repaid * penalty
        history.called_block = None

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

    def _write_event(self, scene: Scene, h: Happening) -> None:
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

    def _swapped(self, scene: Scene, h: Happening, outcome: Outcome) -> None:
        """Collateral that an agent sold on a pool may be what it had seized."""
        intent = outcome.ticket.intent
        if isinstance(intent, Swap) and not intent.sell_stable and h.asset is not None:
            self.sold(scene, outcome, h.asset, h["amount_in"], h["amount_out"])

    def sold(self, scene: Scene, outcome: Outcome, asset: int, amount: int, out: int) -> None:
        """Collateral that an agent sold for stable."""
        gas = of_wei(outcome.fee, scene.eth_usd)
        price = float(scene.prices[asset])
        self.liquidations.books.sold(outcome.ticket.agent.name, asset, amount, out, price, gas)

    # ------------------------------------------------------------------- tables

    def accounts_table(
        self, standing: Standing, hindrances: Mapping[int, Hindrance]
    ) -> pd.DataFrame:
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
                    str(hindrances.get(row + 1, "")),
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

    def paid(self, agent: str) -> int:
        """Money: gas and payments to builders, at the price of their blocks."""
        return self.spending[agent].money if agent in self.spending else 0

    def agents_table(
        self, agents: Sequence[Participant], start: dict[str, int], end: dict[str, int]
    ) -> pd.DataFrame:
        """What every agent sent, paid and is worth, `start` and `end` in money by name.

        Worth leaves out the gas money; profit takes off the gas paid, at the price of its
        block, so that holding gas money is no position. Capital is the most it ever had at work
        in liquidations.
        """
        rows = []
        for agent in agents:
            spent = self.spending.get(agent.name, Spending())
            profit = end[agent.name] - start[agent.name] - spent.money
            capital = self.liquidations.books.capital(agent.name)
            rows.append(
                (
                    agent.name,
                    agent.role,
                    "0x" + agent.address.hex(),
                    spent.status["succeeded"] + spent.status["reverted"],
                    spent.status["succeeded"],
                    spent.status["reverted"],
                    spent.wei / WAD,
                    to_usd(spent.money),
                    to_usd(start[agent.name]),
                    to_usd(end[agent.name]),
                    to_usd(profit),
                    spent.attempts,
                    spent.wins,
                    to_usd(spent.failed),
                    to_usd(capital),
                    profit / capital if capital else nan,
                    type(agent).__name__,
                )
            )
        return frame("agents", rows)
