"""Plimsoll's own contract, the first adapter; its deployment is `sim.protocol.ours`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agents.intent import (
    Absorb,
    Borrow,
    Deposit,
    FlashLiquidate,
    Intent,
    Liquidate,
    MarginCall,
    Open,
    Pause,
    PegMint,
    PegPoke,
    PegRedeem,
    PegSwap,
    Repay,
    Withdraw,
)
from agents.view import Opportunity, Peg, Position, Terms
from sim.chain.engine import Engine
from sim.protocol import effects as on
from sim.protocol.abi import View, read
from sim.protocol.adapter import Ability, Figure, Handler, Order, Reading, Who
from sim.protocol.events import Happening
from sim.protocol.interest import debt_up, grown, kinked_rate
from sim.protocol.ledger import Ledger
from sim.protocol.margin import MarginBook, margin_book
from sim.protocol.ours import Deployed
from sim.protocol.pegged import MINTED
from sim.units import MAX_UINT256, WAD, Address, to_wad

CALLABLE = 2
"""The status of an account that may be called."""
BATCH = 200
"""Accounts in one Lens call; each costs it memory."""


class Plimsoll(Deployed):
    name = "plimsoll"
    abilities = ~(Ability.REDEMPTION | Ability.LENDERS)

    def order(self, intent: Intent, who: Who) -> Order:
        core = self.core
        match intent:
            case Open():
                return self.call(intent, core.open)
            case Deposit(account=account, amount=amount):
                return self.call(intent, core.deposit, account, self._token(intent), amount)
            case Withdraw(account=account, amount=amount):
                token = self._token(intent)
                return self.call(intent, core.withdraw, account, token, amount, who.to)
            case Borrow(account=account, amount=amount):
                return self.call(intent, core.borrow, account, amount, who.to)
            case Repay(account=account, amount=amount):
                return self.call(intent, core.repay, account, amount)
            case MarginCall(account=account):
                return self.call(intent, core.margin_call, account)
            case Liquidate(account=account, max_repay=most, min_seize=least):
                token = self._token(intent)
                return self.call(intent, core.liquidate, account, token, most, least, who.to)
            case Absorb(account=account):
                return self.call(intent, core.absorb, account)
            case Pause():
                return self.call(intent, core.set_paused, intent.borrow + 2 * intent.withdraw)
            case FlashLiquidate(account=account, max_repay=most, min_profit=least):
                pool = self.pools[intent.asset]
                venue = pool.address if pool else bytes(20)
                token = self._token(intent)
                return self.call(intent, self.flash.liquidate, account, token, most, venue, least)
            case PegSwap() | PegMint() | PegRedeem() | PegPoke() if self.market:
                method, arguments = self.market.step(intent, who.to)
                return self.call(intent, method, *arguments)
        raise TypeError(f"no transaction for {type(intent).__name__}")

    def _token(self, intent: Deposit | Withdraw | Liquidate | FlashLiquidate) -> Address:
        return self.tokens[intent.asset].address

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "Opened": lambda h, _: [on.Opened(h.address("owner"))],
            "Deposited": lambda h, _: _held(h, h["amount"]),
            "Withdrawn": lambda h, _: _held(h, -h["amount"]),
            "Swept": lambda h, _: _held(h, -h["amount"]),
            "Borrowed": lambda h, _: [on.Owed(h["account"], h["shares"])],
            "Repaid": lambda h, _: [on.Owed(h["account"], -h["shares"])],
            "Accrued": lambda h, _: [on.Accrued(h["index"])],
            "MarginCalled": lambda h, _: [on.Called(h["account"], h["called_at"])],
            "MarginCallCleared": lambda h, _: [on.CallEnded(h["account"])],
            "Liquidated": lambda h, _: [
                on.Owed(h["account"], -h["shares"]),
                *_held(h, -h["seized"] - h["reserve_cut"]),
                on.Liquidated(
                    h["account"],
                    h.asset or 0,
                    *(h[field] for field in ("repaid", "seized", "reserve_cut", "penalty")),
                ),
            ],
            "FlashLiquidated": lambda h, _: [on.Flashed(h["profit"])],
            "BadDebtRealised": lambda h, _: [
                on.Owed(h["account"], -h["shares"]),
                on.WrittenOff(h["account"], h["debt"] - h["covered"]),
            ],
            "Healed": lambda h, _: [on.Healed(h["amount"])],
            "Paused": lambda h, _: [on.Stopped(h["flags"])],
            "BreakerTripped": lambda h, _: [on.Tripped(True)],
            "BreakerReset": lambda h, _: [on.Tripped(False)],
            "Minted": lambda h, _: [on.Counted(MINTED, h["stable_out"])],
            "Redeemed": lambda h, _: [on.Counted(MINTED, -h["stable_in"])],
            **(self.market.handlers() if self.market else {}),
        }

    def position(self, account: int, ledger: Ledger) -> Reading[Position]:
        def decode(answers: Sequence[list[int]]) -> Position:
            collateral, debt, initial, maintenance, _, valid = answers[0]
            amounts = tuple(ledger.amounts[account - 1])
            called_at = ledger.standing_call(account - 1, ledger.timestamp)
            requirements = initial, maintenance, bool(valid), called_at
            return Position(account, amounts, collateral, debt, *requirements)

        return Reading((self.core.position.view(account),), decode)

    def opportunities(self, account: int, ledger: Ledger) -> Reading[list[Opportunity]]:
        core = self.core
        held = [asset for asset, amount in enumerate(ledger.amounts[account - 1]) if amount]
        asked = [core.status.view(account)] if self.scenario.protocol.grace else []

        def decode(answers: Sequence[list[int]]) -> list[Opportunity]:
            may_call = bool(asked) and answers[0][0] == CALLABLE
            found = zip(held, answers[len(asked) :], strict=True)
            return [
                ledger.opportunity(account, asset, repaid, seized, penalty, bool(allowed))
                for asset, (allowed, repaid, seized, _, penalty) in found
                if allowed or may_call
            ]

        def preview(asset: int) -> View:
            return core.preview_liquidate.view(account, self.tokens[asset].address, MAX_UINT256)

        return Reading((*asked, *map(preview, held)), decode)

    def figures(self, engine: Engine, ledger: Ledger) -> Iterator[Figure]:
        debt, shares, index, unminted, bad_debt, *_ = read(engine, self.core.totals)
        ours = ledger.index_at(engine.timestamp)
        owed = debt_up(ledger.total_shares, ours)
        minted = owed + ledger.counts[MINTED] + ledger.bad_debt - ledger.stable_supply
        yield Figure("index", ours, index)
        yield Figure("total debt", owed, debt)
        yield Figure("total shares", ledger.total_shares, shares)
        yield Figure("unminted", minted, unminted)
        yield Figure("bad debt", ledger.bad_debt, bad_debt)
        if self.market:
            yield from self.market.figures(engine, ledger)
        yield Figure("number of accounts", len(ledger), read(engine, self.core.account_count))
        for start in range(1, len(ledger) + 1, BATCH):
            states = read(engine, self.lens.accounts, start, BATCH)
            positions = read(engine, self.lens.positions, start, BATCH)
            for state, position in zip(states, positions, strict=True):
                yield from _account(state, position, ledger, ours)

    def margin_book(self, terms: Terms) -> MarginBook:
        return margin_book(self.scenario)

    def index_at(self, ledger: Ledger, timestamp: int) -> int:
        """At a rate that was told: of the time it was told at."""
        return grown(ledger.index, self.interest(ledger), timestamp - ledger.accrued_at)

    def interest(self, ledger: Ledger) -> int:
        if self.rate is not self.curve:
            return ledger.rate
        return kinked_rate(self.scenario.rate, self.utilisation(ledger))

    def asked_interest(self, ledger: Ledger) -> Reading[int] | None:
        if self.rate is self.curve:
            return None
        view = self.rate.rate.view(self.utilisation(ledger))
        return Reading((view,), lambda answers: answers[0][0])

    def stable_market(self, ledger: Ledger, coin_usd: float) -> Peg | None:
        return self.market.view(ledger, coin_usd) if self.market else None

    def coin_of(self, ledger: Ledger, holder: Address) -> int:
        return ledger.balances[self.coin.address].get(holder, 0)

    def utilisation(self, ledger: Ledger) -> int:
        total = debt_up(ledger.total_shares, ledger.index)
        ceiling = to_wad(self.scenario.protocol.debt_ceiling)
        return total * WAD // ceiling if total < ceiling else WAD

    def set_aside(self, ledger: Ledger) -> int:
        return ledger.balances[self.stable.address][self.reserve.address]


def _held(h: Happening, change: int) -> list[on.Effect]:
    return [] if h.asset is None else [on.Held(h["account"], h.asset, change)]


def _account(state: Any, position: Any, ledger: Ledger, index: int) -> Iterator[Figure]:
    account, owner, shares, called_at, amounts = state
    row, where = account - 1, f"account {account}: "
    called = ledger.standing_call(row, ledger.timestamp)
    yield Figure(where + "owner", ledger.owners[row].hex(), owner.removeprefix("0x"))
    yield Figure(where + "shares", ledger.shares[row], shares)
    yield Figure(where + "margin call", called, called_at)
    yield Figure(where + "collateral", ledger.amounts[row], list(amounts))
    values = ledger.values_of(row)
    yield Figure(where + "value", sum(values), position[0])
    yield Figure(where + "debt", debt_up(ledger.shares[row], index), position[1])
    yield Figure(where + "requirements", ledger.margin.of_one(values), tuple(position[2:5]))
