"""The sample lending pool: what borrowers draw is the lenders', and so is the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from agents.intent import Borrow, Deposit, Lend, Liquidate, Recall, Repay, Withdraw
from agents.view import Opportunity, Position
from sim.chain.engine import Engine
from sim.protocol import effects as on
from sim.protocol.abi import Contract, View, read
from sim.protocol.adapter import Ability, Adapter, Figure, Handler, Reading
from sim.protocol.happening import Happening
from sim.protocol.interest import debt_up, grown, kinked_rate
from sim.protocol.ledger import Ledger
from sim.protocol.margin import ratios_of
from sim.protocol.names import DEPLOYER
from sim.protocol.script import Script
from sim.units import MAX_UINT256, RAY, WAD, Address, to_wad

CASH = "cash"
LEAST_BONUS = 0.005
"""What is left to the liquidator of an insolvent account."""
VIRTUAL_SHARES = 10**6


class Pool(Adapter):
    name = "pool"
    abilities = (
        Ability.PARTIAL_LIQUIDATION
        | Ability.CROSS_COLLATERAL
        | Ability.ON_BEHALF
        | Ability.PAYS_ANYONE
        | Ability.LENDERS
        | Ability.ANY_TOKEN
    )
    orders: ClassVar = {
        Deposit: "pool.deposit(owner, token, amount)",
        Withdraw: "pool.withdraw(token, amount, to)",
        Borrow: "pool.borrow(amount, to)",
        Repay: "pool.repay(owner, amount)",
        Liquidate: "pool.liquidate(owner, token, max_repay, min_seize, to)",
        Lend: "pool.supply(amount)",
        Recall: "pool.recall(amount, to)",
    }
    pool: Contract
    rate: Contract

    def deploy(self, script: Script) -> None:
        terms, rate, ratios = self.scenario.protocol, self.scenario.rate, ratios_of(self.scenario)
        bonus = self.scenario.penalty.largest
        figures = (rate.base, rate.at_kink, rate.above, rate.kink)
        self.rate = script.create(
            DEPLOYER, self.artifact("KinkedRate"), [to_wad(figure) for figure in figures]
        )
        limits = (terms.close_factor, terms.full_liquidation_health, bonus)
        least = (min(bonus, LEAST_BONUS), terms.min_debt, terms.min_left)
        self.pool = script.create(
            DEPLOYER,
            self.artifact("LendingPool"),
            [
                *(part.address for part in (self.stable, self.feed, self.rate)),
                [token.address for token in self.tokens],
                [to_wad(each.initial) for each in ratios],
                [to_wad(each.maintenance) for each in ratios],
                tuple(map(to_wad, (*limits, *least))),
            ],
        )

    def contracts(self) -> Sequence[Contract]:
        return [self.pool, self.rate]

    def spenders(self) -> Sequence[Contract]:
        return [self.pool]

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "Accrued": lambda h, _: [on.Accrued(h["index"])],
            "Supplied": lambda h, _: _lent(h, 1),
            "Recalled": lambda h, _: _lent(h, -1),
            "Deposited": lambda h, books: [on.Held(_who(h, books), h.asset or 0, h["amount"])],
            "Withdrawn": lambda h, books: [on.Held(_who(h, books), h.asset or 0, -h["amount"])],
            "Borrowed": lambda h, books: _owed(h, books, h["shares"], -h["amount"]),
            "Repaid": lambda h, books: _owed(h, books, -h["shares"], h["amount"]),
            "Liquidated": _liquidated,
            "Lost": lambda h, books: [
                on.Owed(_who(h, books), -h["shares"]),
                on.WrittenOff(_who(h, books), h["amount"]),
            ],
        }

    def position(self, account: int, ledger: Ledger) -> Reading[Position]:
        def decode(answers: Sequence[list[int]]) -> Position:
            value, debt, initial, maintenance, valid = answers[0]
            amounts = tuple(ledger.amounts[account - 1])
            return Position(account, amounts, value, debt, initial, maintenance, bool(valid), 0)

        return Reading((self.pool.position_of.view(ledger.owners[account - 1]),), decode)

    def opportunities(self, account: int, ledger: Ledger) -> Reading[list[Opportunity]]:
        held = [asset for asset, amount in enumerate(ledger.amounts[account - 1]) if amount]
        owner = ledger.owners[account - 1]

        def decode(answers: Sequence[list[int]]) -> list[Opportunity]:
            return [
                ledger.opportunity(account, asset, repaid, seized, bonus)
                for asset, (allowed, repaid, seized, bonus) in zip(held, answers, strict=True)
                if allowed
            ]

        def preview(asset: int) -> View:
            token = self.tokens[asset].address
            return self.pool.preview_liquidate.view(owner, token, MAX_UINT256)

        return Reading(tuple(map(preview, held)), decode)

    def figures(self, engine: Engine, ledger: Ledger) -> Iterator[Figure]:
        debt, index, cash, shares, lost = read(engine, self.pool.totals)
        ours = ledger.index_at(engine.timestamp)
        yield Figure("index", ours, index)
        yield Figure("total debt", debt_up(ledger.total_shares, ours), debt)
        yield Figure("cash", ledger.counts[CASH], cash)
        yield Figure("supply shares", ledger.total_lent, shares)
        yield Figure("loss of the lenders", ledger.bad_debt, lost)
        for lender, claim in self.claims(ledger).items():
            theirs = read(engine, self.pool.supplied_by, lender)
            yield Figure(f"claim of {lender.hex()}", claim, theirs)
        for row, owner in enumerate(ledger.owners):
            where, values = f"account {row + 1}: ", ledger.values_of(row)
            value, debt, *required, _ = read(engine, self.pool.position_of, owner)
            yield Figure(where + "value", sum(values), value)
            yield Figure(where + "debt", debt_up(ledger.shares[row], ours), debt)
            yield Figure(where + "requirements", ledger.margin.of_one(values)[:2], tuple(required))

    def index_at(self, ledger: Ledger, timestamp: int) -> int:
        return grown(ledger.index, self.interest(ledger), timestamp - ledger.accrued_at)

    def interest(self, ledger: Ledger) -> int:
        return kinked_rate(self.scenario.rate, self.utilisation(ledger))

    def utilisation(self, ledger: Ledger) -> int:
        debt = debt_up(ledger.total_shares, ledger.index)
        return debt * WAD // (ledger.counts[CASH] + debt) if debt else 0

    def claims(self, ledger: Ledger) -> Mapping[Address, int]:
        owed = ledger.total_shares * ledger.index_at(ledger.timestamp) // RAY
        assets, shares = ledger.counts[CASH] + owed + 1, ledger.total_lent + VIRTUAL_SHARES
        return {lender: held * assets // shares for lender, held in ledger.lent.items()}


def _who(h: Happening, books: Ledger) -> int:
    return books.account_of(h.address("owner"))


def _lent(h: Happening, sign: int) -> list[on.Effect]:
    change = on.Lent(h.address("lender"), sign * h["shares"])
    return [change, on.Counted(CASH, sign * h["amount"])]


def _owed(h: Happening, books: Ledger, shares: int, cash: int) -> list[on.Effect]:
    return [on.Owed(_who(h, books), shares), on.Counted(CASH, cash)]


def _liquidated(h: Happening, books: Ledger) -> list[on.Effect]:
    account, asset = _who(h, books), h.asset or 0
    return [
        *_owed(h, books, -h["shares"], h["repaid"]),
        on.Held(account, asset, -h["seized"]),
        on.Liquidated(account, asset, h["repaid"], h["seized"], 0, h["bonus"]),
    ]
