"""The sample vault: one contract a collateral, an account is an owner in one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from agents.intent import Borrow, Deposit, Liquidate, Redeem, Repay, Withdraw
from agents.market import Terms
from agents.view import Opportunity, Position
from sim.chain.engine import Engine
from sim.protocol import effects as on
from sim.protocol.abi import Contract, read
from sim.protocol.adapter import Ability, Adapter, Figure, Handler, Invariant, Reading
from sim.protocol.amounts import usd
from sim.protocol.happening import Happening
from sim.protocol.ledger import Ledger
from sim.protocol.margin import ratios_of
from sim.protocol.names import DEPLOYER
from sim.protocol.script import Script
from sim.units import WAD, Address, to_wad

LEAST_BONUS = 0.005
"""What is left to the liquidator of an insolvent account."""
REDEMPTION_FEE = 0.005


class Vault(Adapter):
    name = "vault"
    abilities = Ability.ON_BEHALF | Ability.PAYS_ANYONE | Ability.REDEMPTION | Ability.ANY_TOKEN
    orders: ClassVar = {
        Deposit: "vaults.deposit(owner, amount)",
        Withdraw: "vaults.withdraw(amount, to)",
        Borrow: "vaults.borrow(amount, to)",
        Repay: "vaults.repay(owner, amount)",
        Liquidate: "vaults.liquidate(owner, min_seize, to)",
        Redeem: "vaults.redeem(owner, amount, min_out, to)",
    }
    vaults: tuple[Contract, ...]
    ratios: tuple[tuple[int, int], ...]
    """To open and to keep an account, WAD, of each vault."""
    funded = 0
    """Stable that no vault answers for: given out in set-up."""

    def issue(self, script: Script) -> Contract:
        stable = script.create(DEPLOYER, self.artifact("StableToken"), [DEPLOYER])
        script.send(DEPLOYER, stable.set_minter, DEPLOYER, True)
        return stable

    def deploy(self, script: Script) -> None:
        terms, bonus = self.scenario.protocol, self.scenario.penalty.largest
        self.ratios = tuple(
            (to_wad(1 / (1 - each.initial)), to_wad(1 / (1 - each.maintenance)))
            for each in ratios_of(self.scenario)
        )
        self.vaults = tuple(
            script.create(
                DEPLOYER,
                self.artifact("Vault"),
                [
                    *(part.address for part in (self.stable, token, self.feed)),
                    ratios,
                    [to_wad(bonus), to_wad(min(bonus, LEAST_BONUS))],
                    to_wad(REDEMPTION_FEE),
                    to_wad(terms.min_debt),
                    to_wad(terms.debt_ceiling),
                ],
            )
            for token, ratios in zip(self.tokens, self.ratios, strict=True)
        )
        for vault in self.vaults:
            script.send(DEPLOYER, self.stable.set_minter, vault.address, True)

    def fund(self, script: Script, to: Address, amount: int) -> None:
        if amount:
            self.funded += amount
            script.send(DEPLOYER, self.stable.mint, to, amount)

    def contracts(self) -> Sequence[Contract]:
        return self.vaults

    def terms(self, terms: Terms) -> Terms:
        return replace(terms, redemption_fee=REDEMPTION_FEE)

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "Deposited": lambda h, books: self._moved(h, books, held=h["amount"]),
            "Withdrawn": lambda h, books: self._moved(h, books, held=-h["amount"]),
            "Borrowed": lambda h, books: self._moved(h, books, owed=h["amount"]),
            "Repaid": lambda h, books: self._moved(h, books, owed=-h["amount"]),
            "Liquidated": self._liquidated,
            "Redeemed": self._redeemed,
        }

    def _where(self, h: Happening, books: Ledger) -> tuple[int, int]:
        """(account, asset) of an event."""
        asset = next(i for i, vault in enumerate(self.vaults) if vault.address == h.source)
        return books.account_of(h.address("owner"), asset), asset

    def _moved(self, h: Happening, books: Ledger, held: int = 0, owed: int = 0) -> list[on.Effect]:
        account, asset = self._where(h, books)
        return [on.Held(account, asset, held), on.Owed(account, owed)]

    def _liquidated(self, h: Happening, books: Ledger) -> list[on.Effect]:
        account, asset = self._where(h, books)
        return [
            *self._moved(h, books, -h["seized"], -h["debt"]),
            on.Liquidated(account, asset, h["repaid"], h["seized"], 0, h["bonus"]),
            on.WrittenOff(account, h["debt"] - h["repaid"]),
        ]

    def _redeemed(self, h: Happening, books: Ledger) -> list[on.Effect]:
        account, asset = self._where(h, books)
        return [
            *self._moved(h, books, -h["collateral"], -h["amount"]),
            on.Redeemed(account, asset, h["amount"], h["collateral"]),
        ]

    def _of(self, account: int, ledger: Ledger) -> tuple[Contract, Address, int]:
        """Vault, owner and asset of an account."""
        market = ledger.markets[account - 1]
        return self.vaults[market], ledger.owners[account - 1], market

    def position(self, account: int, ledger: Ledger) -> Reading[Position]:
        vault, owner, market = self._of(account, ledger)

        def decode(answers: Sequence[list[int]]) -> Position:
            _, debt, value, valid = answers[0]
            initial, maintenance = (value - value * WAD // r for r in self.ratios[market])
            amounts = tuple(ledger.amounts[account - 1])
            return Position(account, amounts, value, debt, initial, maintenance, bool(valid), 0)

        return Reading((vault.position_of.view(owner),), decode)

    def opportunities(self, account: int, ledger: Ledger) -> Reading[list[Opportunity]]:
        vault, owner, market = self._of(account, ledger)

        def decode(answers: Sequence[list[int]]) -> list[Opportunity]:
            allowed, repaid, seized, bonus = answers[0]
            return [ledger.opportunity(account, market, repaid, seized, bonus)] * allowed

        return Reading((vault.preview_liquidate.view(owner),), decode)

    def figures(self, engine: Engine, ledger: Ledger) -> Iterator[Figure]:
        lost = sum(read(engine, vault.bad_debt) for vault in self.vaults)
        debt = sum(read(engine, vault.total_debt) for vault in self.vaults)
        yield Figure("bad debt", ledger.bad_debt, lost)
        yield Figure("total debt", ledger.total_shares, debt)
        for row, owner in enumerate(ledger.owners):
            vault, market = self.vaults[ledger.markets[row]], ledger.markets[row]
            held, debt, value, _ = read(engine, vault.position_of, owner)
            where = f"account {row + 1}: "
            yield Figure(where + "collateral", ledger.amounts[row][market], held)
            yield Figure(where + "debt", ledger.shares[row], debt)
            yield Figure(where + "value", sum(ledger.values_of(row)), value)

    def utilisation(self, ledger: Ledger) -> int:
        ceiling = to_wad(self.scenario.protocol.debt_ceiling) * len(self.vaults)
        return ledger.total_shares * WAD // ceiling

    def invariants(self) -> Mapping[str, Invariant]:
        return {
            "every stable is owed or bad debt": self._backed,
            "no vault is above its ceiling": self._under_ceiling,
        }

    def _backed(self, engine: Engine, ledger: Ledger) -> str:
        supply = read(engine, self.stable.totalSupply) - self.funded
        owed = ledger.total_shares + ledger.bad_debt
        out, debts = usd(supply, owed)
        return "" if supply == owed else f"{out} are out for {debts} of debt and bad debt"

    def _under_ceiling(self, engine: Engine, ledger: Ledger) -> str:
        ceiling = to_wad(self.scenario.protocol.debt_ceiling)
        most = max(read(engine, vault.total_debt) for vault in self.vaults)
        lent, allowed = usd(most, ceiling)
        return "" if most <= ceiling else f"a vault lends {lent}; its ceiling is {allowed}"
