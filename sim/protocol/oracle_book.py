"""Prices on chain and until when they are good, followed from the reports."""

from __future__ import annotations

from collections import defaultdict

from sim.units import Address

LONG = 2**63
"""A time that does not come."""


class OracleBook:
    """Where the contract reads the reporters' oracle prices follow from its events; elsewhere
    they are told."""

    def __init__(self, assets: int, max_age: int, quorum: int, follows: bool = True) -> None:
        self.follows = follows
        self.prices = [0] * assets
        """WAD USD."""
        self.good_until = [0] * assets
        self.reports: defaultdict[Address, dict[int, tuple[int, int]]] = defaultdict(dict)
        """Reporter -> asset -> (timestamp, WAD USD) of its last report."""
        self._max_age = max_age
        self._quorum = quorum
        self._guarded: set[int] = set()

    def guard(self, asset: int) -> None:
        """The post being executed was held back by the deviation guard."""
        self._guarded.add(asset)

    def report(self, asset: int, reporter: Address, timestamp: int, price: int) -> None:
        self.reports[reporter][asset] = (timestamp, price)

    def follow(self, asset: int, price: int, timestamp: int) -> None:
        """The price after a post, good until too few of the reports are fresh."""
        if not self.follows:
            return
        self.prices[asset] = price
        fresh = sorted(
            posted_at
            for posted_at, _ in (r[asset] for r in self.reports.values() if asset in r)
            if posted_at + self._max_age >= timestamp
        )
        held_back = asset in self._guarded or len(fresh) < self._quorum
        self.good_until[asset] = 0 if held_back else fresh[-self._quorum] + self._max_age
        self._guarded.discard(asset)

    def tell(self, asset: int, price: int, valid: bool) -> bool:
        """What the contract's feed says now; whether that is news."""
        told = (price, LONG if valid else 0)
        news = told != (self.prices[asset], self.good_until[asset])
        self.prices[asset], self.good_until[asset] = told
        return news

    def is_valid(self, asset: int, timestamp: int) -> bool:
        return self.good_until[asset] >= timestamp

    def state(self, timestamp: int) -> tuple[tuple[int, ...], tuple[bool, ...]]:
        """(prices, which of them are valid): all that a value on chain depends on."""
        return tuple(self.prices), tuple(until >= timestamp for until in self.good_until)
