"""The protocol's books, kept from its events: agents never scan the chain.

Exact integers stand beside float columns that mirror them; only what an event touches is
rewritten, so a block costs what happens in it. Health of all accounts is one expression
over the columns. `sim.protocol.audit` holds the books against the chain, to the last unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.chain.engine import Receipt
from sim.protocol.deploy import Deployment, ratios_of
from sim.protocol.events import Happening, Reader, address
from sim.scenario import Rate, Scenario
from sim.units import RAY, WAD, YEAR, Address, to_wad

LONG = 2**63
"""A time that does not come."""
GROWTH = 256
"""Accounts by which the columns grow at a time."""

Floats = NDArray[np.float64]


class Ledger:
    """Positions, prices, pools and balances after the last block applied.

    Row of account k is k - 1. `opened_at` is the timestamp of the core's deployment.
    """

    def __init__(self, system: Deployment, scenario: Scenario, opened_at: int) -> None:
        assets = range(len(system.tokens))
        self.units = [10**asset.decimals for asset in scenario.assets]
        self.ratios: Floats = np.array(
            [[r.initial, r.maintenance, r.close_out] for r in ratios_of(scenario)]
        )
        self.timestamp = opened_at

        self.owners: list[Address] = []
        self.shares: list[int] = []
        self.amounts: list[list[int]] = []
        self.called_at: list[int] = []
        self._debt_column: Floats = np.zeros(GROWTH)
        self._amount_columns: Floats = np.zeros((GROWTH, len(assets)))
        self._called_column = np.zeros(GROWTH, dtype=np.int64)

        self._grace = scenario.protocol.grace
        self._call_life = scenario.protocol.grace + scenario.protocol.call_window
        self._rate = scenario.rate
        self._ceiling = to_wad(scenario.protocol.debt_ceiling)
        self.index = RAY
        self.accrued_at = opened_at
        self.total_shares = 0
        self.bad_debt = 0
        self.paused = 0
        """Flags: 1 borrowing, 2 withdrawing with debt."""
        self.breaker_tripped = False
        self.peg_minted = 0

        self.oracle = OracleBook(
            len(assets),
            scenario.oracle.max_age,
            scenario.oracle.quorum,
            follows=scenario.oracle.source == "reporters",
        )
        self.poked_at = [0 for _ in assets]
        """When a delayed or averaging oracle last took a reading of each asset."""
        self.pools = [(0, 0) for _ in assets]
        self.stable_supply = 0
        self.balances: dict[Address, defaultdict[Address, int]] = {
            token.address: defaultdict(int)
            for token in (system.stable, system.coin, *system.tokens)
        }
        """Token -> holder -> native units."""

        self._stable = system.stable.address
        self._reader = Reader(system)
        self._handlers: dict[str, Callable[[Happening], None]] = {
            "Transfer": self._transferred,
            "Opened": self._opened,
            "Deposited": lambda h: self._hold(h, h.fields["amount"]),
            "Withdrawn": lambda h: self._hold(h, -h.fields["amount"]),
            "Swept": lambda h: self._hold(h, -h.fields["amount"]),
            "Borrowed": lambda h: self._owe(h, h.fields["shares"]),
            "Repaid": lambda h: self._owe(h, -h.fields["shares"]),
            "Liquidated": self._liquidated,
            "BadDebtRealised": self._written_off,
            "Healed": self._healed,
            "Paused": self._paused,
            "BreakerTripped": lambda h: self._break(True),
            "BreakerReset": lambda h: self._break(False),
            "Accrued": self._accrued,
            "MarginCalled": lambda h: self._call(h, h.fields["called_at"]),
            "MarginCallCleared": lambda h: self._call(h, 0),
            "Posted": self._posted,
            "PriceGuarded": lambda h: self.oracle.guard(h.asset),
            "Swapped": self._pooled,
            "LiquidityChanged": self._pooled,
            "Minted": self._minted,
            "Redeemed": self._redeemed,
            "Poked": self._poked,
            "Checkpointed": self._poked,
        }

    def __len__(self) -> int:
        """Accounts opened."""
        return len(self.owners)

    def apply(self, receipts: Iterable[Receipt], timestamp: int) -> list[Happening]:
        """Follow a block; what happened in it, plain transfers and approvals left out."""
        self.timestamp = timestamp
        happened = []
        for happening in self._reader.read(receipts):
            handler = self._handlers.get(happening.name)
            if handler:
                handler(happening)
            if happening.name not in ("Transfer", "Approval"):
                happened.append(happening)
        return happened

    # ------------------------------------------------------------------ columns

    def debts(self, timestamp: int) -> Floats:
        """USD an account, with interest up to a timestamp."""
        return self._debt_column[: len(self)] * (self.index_at(timestamp) / RAY)

    def values(self, prices: Floats) -> Floats:
        """USD of collateral, shape (accounts, assets), at USD prices."""
        return self._amount_columns[: len(self)] * prices

    def oracle_prices(self) -> Floats:
        """USD on chain."""
        return np.array([price / WAD for price in self.oracle.prices])

    def called(self, timestamp: int) -> NDArray[np.bool_]:
        """Accounts with a standing margin call."""
        called = self._called_column[: len(self)]
        return (called > 0) & (timestamp <= called + self._call_life)

    def due(self, timestamp: int) -> NDArray[np.bool_]:
        """Accounts whose call has run out of grace and not lapsed; all without grace."""
        if self._grace == 0:
            return np.ones(len(self), dtype=bool)
        late = self._called_column[: len(self)] + self._grace <= timestamp
        return self.called(timestamp) & late

    # ------------------------------------------------------------- exact figures

    def index_at(self, timestamp: int) -> int:
        """The index that accruing at `timestamp` would leave: simple interest at the rate of
        the present utilisation, rounded up."""
        rate = kinked_rate(self._rate, self.utilisation())
        elapsed = timestamp - self.accrued_at
        return self.index + ceil_div(self.index * rate * elapsed, WAD * YEAR)

    def utilisation(self) -> int:
        """Total debt over its ceiling, WAD, rounded down; at most 1."""
        total = debt_up(self.total_shares, self.index)
        return total * WAD // self._ceiling if total < self._ceiling else WAD

    def standing_call(self, row: int, timestamp: int) -> int:
        """Timestamp of the account's margin call, 0 when none stands or it has lapsed."""
        called_at = self.called_at[row]
        return called_at if timestamp <= called_at + self._call_life else 0

    def phase(self, row: int) -> tuple[int, bool, bool]:
        """Of the account's margin call: when it began, whether it is due, whether it lapsed."""
        called_at = self.called_at[row]
        late, lapsed = called_at + self._grace, called_at + self._call_life
        return called_at, self.timestamp >= late, self.timestamp > lapsed

    def value_of(self, row: int) -> int:
        """V of an account in WAD USD at the chain's prices, rounded down per asset."""
        return sum(
            amount * price // unit
            for amount, price, unit in zip(
                self.amounts[row], self.oracle.prices, self.units, strict=True
            )
        )

    def unminted_at(self, index: int) -> int:
        """What supply lacks of total debt + peg-minted + bad debt."""
        total = debt_up(self.total_shares, index)
        return total + self.peg_minted + self.bad_debt - self.stable_supply

    # ------------------------------------------------------------------ handlers

    def _transferred(self, h: Happening) -> None:
        held = self.balances[h.source]
        sender, receiver, amount = h.fields.values()
        if sender:
            held[address(sender)] -= amount
        if receiver:
            held[address(receiver)] += amount
        if h.source == self._stable:
            self.stable_supply += amount * ((not sender) - (not receiver))

    def _opened(self, h: Happening) -> None:
        if len(self) == len(self._debt_column):
            self._debt_column = _longer(self._debt_column)
            self._amount_columns = _longer(self._amount_columns)
            self._called_column = _longer(self._called_column)
        self.owners.append(address(h.fields["owner"]))
        self.shares.append(0)
        self.amounts.append([0] * len(self.units))
        self.called_at.append(0)

    def _hold(self, h: Happening, amount: int) -> None:
        row, asset = h.fields["account"] - 1, h.asset
        if asset is not None:
            self.amounts[row][asset] += amount
            self._amount_columns[row, asset] = self.amounts[row][asset] / self.units[asset]

    def _owe(self, h: Happening, shares: int) -> None:
        row = h.fields["account"] - 1
        self.shares[row] += shares
        self.total_shares += shares
        self._debt_column[row] = self.shares[row] / WAD

    def _call(self, h: Happening, called_at: int) -> None:
        row = h.fields["account"] - 1
        self.called_at[row] = called_at
        self._called_column[row] = called_at

    def _liquidated(self, h: Happening) -> None:
        self._owe(h, -h.fields["shares"])
        self._hold(h, -h.fields["seized"] - h.fields["reserve_cut"])

    def _written_off(self, h: Happening) -> None:
        self._owe(h, -h.fields["shares"])
        self.bad_debt += h.fields["debt"] - h.fields["covered"]

    def _healed(self, h: Happening) -> None:
        self.bad_debt -= h.fields["amount"]

    def _paused(self, h: Happening) -> None:
        self.paused = h.fields["flags"]

    def _break(self, tripped: bool) -> None:
        self.breaker_tripped = tripped

    def _accrued(self, h: Happening) -> None:
        self.index = h.fields["index"]
        self.accrued_at = self.timestamp

    def _poked(self, h: Happening) -> None:
        if h.asset is not None:
            self.poked_at[h.asset] = self.timestamp

    def _posted(self, h: Happening) -> None:
        self.oracle.post(h.asset, h.fields["reporter"], self.timestamp, h.fields)

    def _pooled(self, h: Happening) -> None:
        if h.asset is not None:
            self.pools[h.asset] = (h.fields["reserve0"], h.fields["reserve1"])

    def _minted(self, h: Happening) -> None:
        self.peg_minted += h.fields["stable_out"]

    def _redeemed(self, h: Happening) -> None:
        self.peg_minted -= h.fields["stable_in"]


class OracleBook:
    """Prices on chain and until when they are good, followed from the reports."""

    def __init__(self, assets: int, max_age: int, quorum: int, follows: bool = True) -> None:
        """With `follows` the core reads the reporters' oracle, whose prices follow from its
        events; else they are told by `tell`."""
        self.follows = follows
        self.prices = [0] * assets
        """WAD USD."""
        self.good_until = [0] * assets
        self.reports: defaultdict[Address, dict[int, tuple[int, int]]] = defaultdict(dict)
        """Reporter -> asset -> (timestamp, WAD USD) of its last report."""
        self._max_age = max_age
        self._quorum = quorum
        self._guarded: set[int | None] = set()

    def guard(self, asset: int | None) -> None:
        """The post being executed was held back by the deviation guard."""
        self._guarded.add(asset)

    def post(
        self, asset: int | None, reporter: int, timestamp: int, fields: dict[str, int]
    ) -> None:
        if asset is None:
            return
        self.reports[address(reporter)][asset] = (timestamp, fields["report"])
        if not self.follows:
            return
        self.prices[asset] = fields["price"]
        fresh = sorted(
            posted_at
            for posted_at, _ in (r[asset] for r in self.reports.values() if asset in r)
            if posted_at + self._max_age >= timestamp
        )
        held_back = asset in self._guarded or len(fresh) < self._quorum
        self.good_until[asset] = 0 if held_back else fresh[-self._quorum] + self._max_age
        self._guarded.discard(asset)

    def tell(self, asset: int, price: int, valid: bool) -> bool:
        """What the core's oracle says now; whether that is news."""
        told = (price, LONG if valid else 0)
        news = told != (self.prices[asset], self.good_until[asset])
        self.prices[asset], self.good_until[asset] = told
        return news

    def is_valid(self, asset: int, timestamp: int) -> bool:
        return self.good_until[asset] >= timestamp


def _longer(column: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([column, np.zeros_like(column, shape=(GROWTH, *column.shape[1:]))])


def ceil_div(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def debt_up(shares: int, index: int) -> int:
    """Stable units owed for shares, rounded up."""
    return ceil_div(shares * index, RAY)


def kinked_rate(terms: Rate, utilisation: int) -> int:
    """WAD a year, as KinkedRate answers, to the unit."""
    base, at_kink, above, kink = _in_wad(terms)
    if utilisation <= kink:
        return base + ceil_div(at_kink * utilisation, kink)
    return base + at_kink + ceil_div(above * (utilisation - kink), WAD - kink)


@cache
def _in_wad(terms: Rate) -> tuple[int, int, int, int]:
    return to_wad(terms.base), to_wad(terms.at_kink), to_wad(terms.above), to_wad(terms.kink)
