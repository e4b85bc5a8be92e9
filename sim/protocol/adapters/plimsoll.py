"""Plimsoll's own contract, the first adapter; its deployment is `sim.protocol.ours`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from agents import intent as wish
from agents.view import Opportunity, Position
from sim.chain.engine import Engine
from sim.protocol import effects as on
from sim.protocol.abi import View, read
from sim.protocol.adapter import Ability, Figure, Handler, Invariant, Reading
from sim.protocol.happening import Happening
from sim.protocol.interest import debt_up
from sim.protocol.ledger import Ledger
from sim.protocol.ours import Deployed
from sim.protocol.pegged import MINTED
from sim.protocol.promises import SHARE, reserve_has_its_share
from sim.units import MAX_UINT256

CALLABLE = 2
"""The status of an account that may be called."""
BATCH = 200  # accounts in one Lens call; each costs it memory


class Plimsoll(Deployed):
    name = "plimsoll"
    abilities = ~(Ability.REDEMPTION | Ability.LENDERS)
    orders: ClassVar = {
        wish.Open: "core.open()",
        wish.Deposit: "core.deposit(account, token, amount)",
        wish.Withdraw: "core.withdraw(account, token, amount, to)",
        wish.Borrow: "core.borrow(account, amount, to)",
        wish.Repay: "core.repay(account, amount)",
        wish.MarginCall: "core.margin_call(account)",
        wish.Liquidate: "core.liquidate(account, token, max_repay, min_seize, to)",
        wish.Absorb: "core.absorb(account)",
        wish.Pause: "core.set_paused(flags)",
        wish.FlashLiquidate: "flash.liquidate(account, token, max_repay, pool, min_profit)",
    }

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "Opened": lambda h, _: [on.Opened(h.address("owner"))],
            "Deposited": lambda h, _: _held(h, h["amount"]),
            "Withdrawn": lambda h, _: _held(h, -h["amount"]),
            "Swept": lambda h, _: [*_held(h, -h["amount"]), _share(h, h["amount"])],
            "Borrowed": lambda h, _: [on.Owed(h["account"], h["shares"])],
            "Repaid": lambda h, _: [on.Owed(h["account"], -h["shares"])],
            "Accrued": lambda h, _: [on.Accrued(h["index"])],
            "MarginCalled": lambda h, _: [on.Called(h["account"], h["called_at"])],
            "MarginCallCleared": lambda h, _: [on.CallEnded(h["account"])],
            "Liquidated": lambda h, _: _liquidated(h),
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
        asked = [core.status.kept_view(account)] if self.scenario.protocol.grace else []

        def decode(answers: Sequence[list[int]]) -> list[Opportunity]:
            may_call = bool(asked) and answers[0][0] == CALLABLE
            found = zip(held, answers[len(asked) :], strict=True)
            return [
                ledger.opportunity(account, asset, repaid, seized, penalty, bool(allowed))
                for asset, (allowed, repaid, seized, _, penalty) in found
                if allowed or may_call
            ]

        def preview(asset: int) -> View:
            token = self.tokens[asset].address
            return core.preview_liquidate.kept_view(account, token, MAX_UINT256)

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

    def invariants(self) -> Mapping[str, Invariant]:
        return {"the Reserve has its share": partial(reserve_has_its_share, self)}


def _held(h: Happening, change: int) -> list[on.Effect]:
    return [] if h.asset is None else [on.Held(h["account"], h.asset, change)]


def _liquidated(h: Happening) -> list[on.Effect]:
    figures = (h[field] for field in ("repaid", "seized", "reserve_cut", "penalty"))
    done = on.Liquidated(h["account"], h.asset or 0, *figures)
    taken = _held(h, -done.seized - done.reserve_cut)
    share = _share(h, done.reserve_cut)
    return [on.Owed(done.account, -h["shares"]), *taken, share, done]


def _share(h: Happening, amount: int) -> on.Counted:
    return on.Counted(SHARE.format(h.asset), amount)


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
