"""What an agent sees when it decides: the market, its own wallet and accounts.

Everything an agent acts on exactly (positions, previews) was read from the chain in this
block; estimates come as floats. Amounts on chain are ints in native units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.intent import Intent, Owed
from agents.market import Market


class Occasion(Enum):
    """Why an agent was woken."""

    SCHEDULE = auto()
    """A time it asked for has come."""
    ALERT = auto()
    """One of its accounts came near its threshold, or was called."""
    SETTLED = auto()
    """Transactions of its own were executed, refused or dropped."""
    BLOCK = auto()
    """It is woken every block."""


@dataclass(frozen=True, slots=True)
class Position:
    """One account, exactly as the chain has it now."""

    account: int
    amounts: tuple[int, ...]
    """Collateral, native units, one an asset."""
    collateral: int
    debt: int
    initial: int
    maintenance: int
    valid: bool
    called_at: int
    """Timestamp of the standing call, 0 when none."""

    @property
    def equity(self) -> int:
        return self.collateral - self.debt

    @property
    def health(self) -> float:
        if self.debt == 0:
            return float("inf")
        return (self.collateral - self.maintenance) / self.debt


@dataclass(frozen=True, slots=True)
class Opportunity:
    """An account one could call or liquidate, exactly as previewed on chain for one asset."""

    account: int
    asset: int
    callable: bool
    """Below maintenance, grace applies and no call stands."""
    debt: int
    repaid: int
    """Stable that one liquidation may repay at most; 0 when it cannot be liquidated now."""
    seized: int
    """Collateral to the liquidator for `repaid`, native units."""
    rival_tip: int
    """Wei: best tip among pending public transactions for the same account; -1 when none."""
    health: float = 1.0
    """Health factor of the account."""
    penalty: float = 0.0
    """What the account loses on top of the debt repaid, the Reserve's part included."""
    held: int = 0
    """Of the asset in the account, native units."""
    called_at: int = 0
    """Timestamp of the standing call, 0 when none."""


FEW = 16
"""Opportunities so cheap to look at one by one that no arrays are made of them."""


class Opportunities(tuple[Opportunity, ...]):
    """Of many accounts: the largest debt first, an account's collaterals together.

    A crash may leave thousands of them that nobody wants, shown to everyone again and again: so
    those worth a closer look, and those of an account, are found without a look at each.
    """

    def worth(
        self, prices: Sequence[float], least: float, budget: float, max_tip: float
    ) -> Opportunities:
        """Those to call that nobody calls yet, and those that `max_tip` would outbid and that
        would bring `least` over what is repaid, of no more than `budget`, if all that is seized
        sold at the price of its asset. Stable units; `prices` of one native unit, one an asset.
        Of a `FEW` it says all."""
        if len(self) <= FEW:
            return self
        asset, seized, repaid, to_call, rival = self._columns
        part = np.minimum(float(max(0, budget)) / repaid, 1)
        bring = (np.asarray(prices)[asset] * seized - repaid) * part
        worth = np.where(to_call, rival < 0, (bring >= least) & (rival < max_tip))
        return self._part(np.flatnonzero(worth))

    def of(self, accounts: Iterable[int]) -> list[Opportunity]:
        """Those of some accounts."""
        places = chain.from_iterable(self._places.get(each, ()) for each in set(accounts))
        return [self[place] for place in sorted(places)]

    def since(self, place: int) -> Opportunities:
        """Those from a place on."""
        rest = Opportunities(self[place:])
        if len(rest) > FEW:
            rest.__dict__["_columns"] = tuple(column[place:] for column in self._columns)
        return rest

    def told(self, tips: Iterable[tuple[int, int]]) -> Opportunities:
        """The same where some accounts have other bids pending: (account, the best tip)."""
        news = list(self)
        for account, tip in tips:
            for place in self._places.get(account, ()):
                news[place] = replace(news[place], rival_tip=tip)
        told = Opportunities(news)
        told.__dict__["_places"] = self._places
        if len(self) > FEW:
            rival = np.fromiter(map(attrgetter("rival_tip"), told), np.float64, len(told))
            told.__dict__["_columns"] = (*self._columns[:-1], rival)
        return told

    def _part(self, places: NDArray[np.intp]) -> Opportunities:
        part = Opportunities([self[place] for place in places.tolist()])
        part.__dict__["_columns"] = tuple(column[places] for column in self._columns)
        return part

    @cached_property
    def _columns(self) -> tuple[NDArray[Any], ...]:
        """Asset, seized, repaid, whether to call and the rival's tip of each."""
        kinds = {
            "asset": np.intp, "seized": np.float64, "repaid": np.float64,
            "callable": np.bool_, "rival_tip": np.float64,
        }  # fmt: skip
        each = (np.fromiter(map(attrgetter(k), self), kind, len(self)) for k, kind in kinds.items())
        asset, seized, repaid, to_call, rival = each
        return asset, seized, np.maximum(repaid, 1), to_call, rival

    @cached_property
    def _places(self) -> dict[int, list[int]]:
        """Account -> where its opportunities stand."""
        places: defaultdict[int, list[int]] = defaultdict(list)
        for place, each in enumerate(self):
            places[each.account].append(place)
        return dict(places)


@dataclass(frozen=True, slots=True)
class Wallet:
    """Own balances, native units, and the account ids owned."""

    wei: int
    stable: int
    tokens: tuple[int, ...]
    coin: int = 0
    """Reserve coin."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An own transaction that waits for its block."""

    intent: Intent
    nonce: int
    since: int
    """Block it reached the pool in."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Someone else's transaction in the public pool."""

    sequence: int
    """Names it, for `agents.intent.Theirs`."""
    agent: str
    role: str
    intent: Intent
    tip: int
    max_fee: int
    since: int


Report = tuple[float, tuple[int, ...]]
"""(seconds since block 0, WAD prices) of a reporter's last report on chain."""


@dataclass(frozen=True, slots=True)
class View:
    market: Market
    occasion: Occasion
    wallet: Wallet
    positions: tuple[Position, ...] = ()
    """Own accounts."""
    opportunities: Opportunities = field(default_factory=Opportunities)
    """For liquidators."""
    pending: tuple[Sent, ...] = ()
    """Own transactions not yet executed or dropped, in the order of their nonces."""
    mempool: tuple[Seen, ...] = ()
    """For those who watch it: the public pool, in the order of arrival."""
    watched: tuple[Position, ...] = ()
    """For those who study other people's accounts: those with debt, riskiest first."""
    reported: Report | None = None
    """For reporters: the own last report."""
    record: tuple[bool, ...] = ()
    """Own last attempts to liquidate that were executed, True for those that succeeded."""
    settled: tuple[Intent, ...] = ()
    """Own intents that succeeded in the last block."""
    owed: tuple[Owed, ...] = ()
    """What the venue owes it; to the venue itself, all that it owes."""

    @property
    def waiting(self) -> tuple[Intent, ...]:
        """Own intents not yet executed or dropped."""
        return tuple(sent.intent for sent in self.pending)
