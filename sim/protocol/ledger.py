"""A contract's books, kept from its events: agents never scan the chain.

Exact integers stand beside float columns that mirror them; only what an effect touches is
rewritten, so a block costs what happens in it. Health of all accounts is one expression
over the columns. `sim.protocol.audit` holds the books against the chain, to the last unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from agents.view import Opportunity
from sim.chain.engine import Receipt
from sim.protocol.abi import Contract
from sim.protocol.adapter import Adapter
from sim.protocol.columns import Columns, Floats
from sim.protocol.effects import (
    Accrued,
    Called,
    CallEnded,
    Counted,
    Effect,
    Healed,
    Held,
    Lent,
    Opened,
    Owed,
    Reported,
    Stopped,
    Tripped,
    WrittenOff,
)
from sim.protocol.events import Reader, handlers_of
from sim.protocol.happening import Happening
from sim.protocol.interest import debt_up
from sim.protocol.oracle_book import OracleBook
from sim.protocol.terms import terms_of
from sim.units import RAY, WAD, Address, from_wad


class Ledger:
    """Positions, prices, pools and balances after the last block applied.

    Row of account k is k - 1. `opened_at` is the timestamp of the contract's deployment.
    """

    def __init__(self, adapter: Adapter, opened_at: int) -> None:
        scenario, terms = adapter.scenario, terms_of(adapter)
        assets = range(len(adapter.tokens))
        self.units = [10**asset.decimals for asset in terms.assets]
        self.margin = adapter.margin_book(terms)
        self.timestamp = opened_at

        self.owners: list[Address] = []
        self.markets: list[int] = []
        """The collateral each account was opened with."""
        self.shares: list[int] = []
        self.amounts: list[list[int]] = []
        self.called_at: list[int] = []
        self.changes: list[int] = []
        """How often each account's debt, collateral or margin call changed."""
        self._numbers: dict[tuple[Address, int], int] = {}
        self._columns = Columns(len(assets))

        self._grace = terms.grace
        self._call_life = terms.grace + scenario.protocol.call_window
        self.index = RAY
        self.accrued_at = opened_at
        self._index_now: int | None = None
        """What accruing now would leave; None until it is asked for after a change."""
        self.total_shares = 0
        self.bad_debt = 0
        self.lent: defaultdict[Address, int] = defaultdict(int)
        """Lender -> shares of what is lent out."""
        self.total_lent = 0
        self.paused = 0
        """Flags of what the guardian stopped."""
        self.breaker_tripped = False
        self.counts: defaultdict[str, int] = defaultdict(int)
        """Figures that only this contract has."""

        self.oracle = OracleBook(
            len(assets),
            scenario.oracle.max_age,
            scenario.oracle.quorum,
            follows=adapter.feed is adapter.oracle,
        )
        self.poked_at = [0 for _ in assets]
        """When a delayed or averaging oracle last took a reading of each asset."""
        self.pools = [(0, 0) for _ in assets]
        self.stable_supply = 0
        self.balances: dict[Address, defaultdict[Address, int]] = {
            token.address: defaultdict(int) for token in tokens_of(adapter)
        }
        """Token -> holder -> native units."""
        self.burnt: defaultdict[Address, int] = defaultdict(int)
        """Of each token."""
        self._adapter = adapter
        self._stable = adapter.stable.address
        self._own = {contract.address for contract in adapter.contracts()}
        self._handlers = handlers_of(adapter)
        self._reader = Reader(adapter)

    def __len__(self) -> int:
        """Accounts opened."""
        return len(self.owners)

    def apply(self, receipts: Iterable[Receipt], timestamp: int) -> list[Happening]:
        """Follow a block; what happened in it, plain transfers and approvals left out."""
        self.timestamp = timestamp
        self._index_now = None
        happened = []
        for h in self._reader.read(receipts):
            if h.source in self.balances:
                if h.name == "Transfer":
                    self._transferred(h)
            elif h.source not in self._own:
                self._around(h)
            if h.name not in ("Transfer", "Approval"):
                happened.append(self._understood(h))
        return happened

    def account_of(self, owner: Address, market: int = 0) -> int:
        """The account an owner has, opened now where there was none: for contracts that know
        accounts by their owner, and perhaps by their one collateral."""
        if (owner, market) not in self._numbers:
            self._opened(owner, market)
        return self._numbers[owner, market]

    def copy(self) -> Ledger:
        """Books of their own that start where these are."""
        shared = (self._adapter, self._reader, self._handlers)
        return deepcopy(self, {id(each): each for each in shared})

    # ------------------------------------------------------------------ columns

    def debts(self, timestamp: int) -> Floats:
        """USD an account, with interest up to a timestamp."""
        return self._columns.debts * (self.index_at(timestamp) / RAY)

    def values(self, prices: Floats) -> Floats:
        """USD of collateral, shape (accounts, assets), at USD prices."""
        return self._columns.amounts * prices

    def oracle_prices(self) -> Floats:
        """USD on chain."""
        return np.array([price / WAD for price in self.oracle.prices])

    def called(self, timestamp: int) -> NDArray[np.bool_]:
        """Accounts with a standing margin call."""
        called = self._columns.called
        return (called > 0) & (timestamp <= called + self._call_life)

    def due(self, timestamp: int) -> NDArray[np.bool_]:
        """Accounts whose call has run out of grace and not lapsed; all without grace."""
        if self._grace == 0:
            return np.ones(len(self), dtype=bool)
        late = self._columns.called + self._grace <= timestamp
        return self.called(timestamp) & late

    # ------------------------------------------------------------- exact figures

    def index_at(self, timestamp: int) -> int:
        """The debt index that accruing at `timestamp` would leave, RAY."""
        return self._adapter.index_at(self, timestamp)

    def debt_of(self, row: int) -> int:
        """D of an account now, stable units."""
        if self._index_now is None:
            self._index_now = self.index_at(self.timestamp)
        return debt_up(self.shares[row], self._index_now)

    def standing_call(self, row: int, timestamp: int) -> int:
        """Timestamp of the account's margin call, 0 when none stands or it has lapsed."""
        called_at = self.called_at[row]
        return called_at if timestamp <= called_at + self._call_life else 0

    def call_changes_at(self, row: int) -> float:
        """When time alone next changes what the account's margin call allows; inf for never."""
        called_at = self.called_at[row]
        late, lapsed = called_at + self._grace, called_at + self._call_life + 1
        return late if self.timestamp < late else lapsed if self.timestamp < lapsed else inf

    def values_of(self, row: int) -> list[int]:
        """Of each collateral of an account, WAD USD at the chain's prices, rounded down."""
        return [
            amount * price // unit
            for amount, price, unit in zip(
                self.amounts[row], self.oracle.prices, self.units, strict=True
            )
        ]

    def health_of(self, row: int, debt: int) -> float:
        """Of one account that owes so much, at the prices on chain; inf without debt."""
        values = self.values_of(row)
        _, maintenance, _ = self.margin.of_one(values)
        return (sum(values) - maintenance) / debt if debt else inf

    def opportunity(
        self, account: int, asset: int, repaid: int, seized: int, penalty: int, allowed: bool = True
    ) -> Opportunity:
        """A liquidation of an account as previewed, `penalty` WAD; not allowed, only a call."""
        row = account - 1
        debt = self.debt_of(row)
        return Opportunity(
            account=account,
            asset=asset,
            callable=not allowed,
            debt=debt,
            repaid=repaid if allowed else 0,
            seized=seized if allowed else 0,
            rival_tip=-1,
            health=self.health_of(row, debt),
            penalty=from_wad(penalty),
            held=self.amounts[row][asset],
            called_at=self.standing_call(row, self.timestamp),
        )

    # -------------------------------------------------------------- surroundings

    def _around(self, h: Happening) -> None:
        if h.asset is None:
            return
        match h.name:
            case "Posted":
                reporter = h.address("reporter")
                self.oracle.report(h.asset, reporter, self.timestamp, h["report"])
                self.oracle.follow(h.asset, h["price"], self.timestamp)
            case "PriceGuarded":
                self.oracle.guard(h.asset)
            case "Swapped" | "LiquidityChanged":
                self.pools[h.asset] = (h["reserve0"], h["reserve1"])
            case "Poked" | "Checkpointed":
                self.poked_at[h.asset] = self.timestamp

    def _transferred(self, h: Happening) -> None:
        held = self.balances[h.source]
        sender, receiver, amount = h.fields.values()
        if sender:
            held[address(sender)] -= amount
        if receiver:
            held[address(receiver)] += amount
        else:
            self.burnt[h.source] += amount
        if h.source == self._stable:
            self.stable_supply += amount * ((not sender) - (not receiver))

    # ------------------------------------------------------------------- effects

    def _understood(self, h: Happening) -> Happening:
        """With its effects, which are in the books."""
        handler = self._handlers.get(h.name) if h.source in self._own else None
        if handler is None:
            return h
        before = len(self)
        effects = list(handler(h, self))
        new = range(before, len(self))
        opened = [Opened(self.owners[row], self.markets[row]) for row in new]
        for effect in effects:
            self._book(effect)
        return replace(h, effects=(*opened, *effects))

    def _book(self, effect: Effect) -> None:
        self._index_now = None
        match effect:
            case Opened():
                self._opened(effect.owner, effect.market)
            case Held():
                self._hold(effect.account - 1, effect.asset, effect.change)
            case Owed():
                self._owe(effect.account - 1, effect.change)
            case Accrued():
                self.index, self.accrued_at = effect.index, self.timestamp
            case Called():
                self._call(effect.account - 1, effect.called_at)
            case CallEnded():
                self._call(effect.account - 1, 0)
            case WrittenOff():
                self.bad_debt += effect.amount
            case Healed():
                self.bad_debt -= effect.amount
            case Lent():
                self.lent[effect.lender] += effect.change
                self.total_lent += effect.change
            case Stopped():
                self.paused = effect.flags
            case Tripped():
                self.breaker_tripped = effect.on
            case Reported():
                self.oracle.report(effect.asset, effect.reporter, self.timestamp, effect.price)
            case Counted():
                self.counts[effect.name] += effect.change

    def _opened(self, owner: Address, market: int) -> None:
        self._columns.add()
        self.owners.append(owner)
        self.markets.append(market)
        self.shares.append(0)
        self.amounts.append([0] * len(self.units))
        self.called_at.append(0)
        self.changes.append(0)
        self._numbers[owner, market] = len(self)

    def _hold(self, row: int, asset: int, change: int) -> None:
        self.changes[row] += 1
        self.amounts[row][asset] += change
        self._columns.amounts[row, asset] = self.amounts[row][asset] / self.units[asset]

    def _owe(self, row: int, change: int) -> None:
        self.changes[row] += 1
        self.shares[row] += change
        self.total_shares += change
        self._columns.debts[row] = self.shares[row] / WAD

    def _call(self, row: int, called_at: int) -> None:
        self.changes[row] += 1
        self.called_at[row] = called_at
        self._columns.called[row] = called_at


def tokens_of(adapter: Adapter) -> list[Contract]:
    """The stable, the collaterals and whatever of the contract's own is a token too: their
    balances are followed."""
    own = (contract for contract in adapter.contracts() if contract.is_token())
    return list(dict.fromkeys([adapter.stable, *own, *adapter.tokens]))


def address(number: int) -> Address:
    """An address field of an event."""
    return number.to_bytes(20, "big")
