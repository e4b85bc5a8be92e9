"""Transactions that wait: one line per sender, in the order of nonces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sim.chain.engine import Transaction
from sim.units import Address

REPLACEMENT_PERCENT = 110
"""Tip and fee cap of a replacement, as a percentage of those it replaces."""


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """A transaction that was sent and is not yet in a block. Equal only to itself."""

    transaction: Transaction
    arrival: int
    """First block it can be in, and from which others can see it."""
    sequence: int
    """Counts all that were ever admitted: the last word on order."""
    tag: object = None
    """The sender's own note; the pool does not look at it."""
    private: bool = False
    """Only the builder sees it."""

    def tip(self, base_fee: int) -> int:
        """What a builder earns per gas, wei; negative when the fee cap is below the base fee."""
        return min(self.transaction.priority_fee, self.transaction.max_fee - base_fee)


class Rejection(StrEnum):
    """Why the pool did not take a transaction."""

    NONCE_USED = "nonce already used"
    TIP_ABOVE_CAP = "tip above fee cap"
    UNDERPRICED = "replacement bids less than 10 % more tip and fee cap"


class Mempool:
    """Public pool. The nonce the chain expects of a sender is 0 until `settle` says otherwise.

    A replacement that is still on its way leaves the one it replaces eligible, so a place
    (sender, nonce) may have several contenders; the newest that has arrived stands for it.
    """

    def __init__(self, lifetime: int = 50) -> None:
        """``lifetime``: blocks from its arrival after which a transaction expires."""
        self._lifetime = lifetime
        self._places: dict[Address, dict[int, list[Pending]]] = {}
        self._expected: dict[Address, int] = {}
        self._admitted = 0

    def __len__(self) -> int:
        """Places taken; a replacement and what it replaces count once."""
        return sum(len(places) for places in self._places.values())

    def add(
        self, transaction: Transaction, arrival: int, tag: object = None, private: bool = False
    ) -> Pending | Rejection:
        """Admit a transaction, or say why not. A gap before its nonce makes it wait."""
        sender, nonce = transaction.sender, transaction.nonce
        if nonce < self._expected.get(sender, 0):
            return Rejection.NONCE_USED
        if transaction.priority_fee > transaction.max_fee:
            return Rejection.TIP_ABOVE_CAP
        contenders = self._places.get(sender, {}).get(nonce, [])
        if contenders and not _outbids(transaction, contenders[-1].transaction):
            return Rejection.UNDERPRICED
        pending = self.number(transaction, arrival, tag, private)
        self._places.setdefault(sender, {}).setdefault(nonce, []).append(pending)
        return pending

    def number(
        self, transaction: Transaction, arrival: int, tag: object = None, private: bool = True
    ) -> Pending:
        """A transaction that goes to the builder beside the pool, in the pool's sequence."""
        self._admitted += 1
        return Pending(transaction, arrival, self._admitted - 1, tag, private)

    def next_nonce(self, sender: Address) -> int:
        """First nonce of a sender that is neither used nor pending."""
        nonce = self._expected.get(sender, 0)
        places = self._places.get(sender, {})
        while nonce in places:
            nonce += 1
        return nonce

    def by_sender(self, sender: Address) -> list[Pending]:
        """A sender's newest contender for each nonce, arrived or not, in the order of nonces."""
        return [contenders[-1] for _, contenders in sorted(self._places.get(sender, {}).items())]

    def visible(self, block: int) -> list[Pending]:
        """What everyone can see of the pool at a block, in the order of arrival."""
        seen = [
            pending
            for places in self._places.values()
            for contenders in places.values()
            if (pending := _standing(contenders, block)) and not pending.private
        ]
        return sorted(seen, key=lambda pending: (pending.arrival, pending.sequence))

    def lines(self, block: int) -> list[Iterator[Pending]]:
        """For each sender what can be in a block: nonces from the expected one, no gaps."""
        return [self._line(sender, block) for sender in self._places]

    def settle(self, sender: Address, nonce: int) -> list[Pending]:
        """The chain now expects ``nonce``: remove and return all that had an earlier one."""
        self._expected[sender] = nonce
        return self._remove(sender, range(nonce))

    def drop(self, pending: Pending) -> list[Pending]:
        """Remove one with its sender's later ones, which could not be executed; return all."""
        return self._remove_from(pending.transaction.sender, pending.transaction.nonce)

    def expire(self, block: int) -> list[Pending]:
        """Remove what has waited too long, each with its sender's later ones; return all."""
        gone: list[Pending] = []
        for sender, places in list(self._places.items()):
            old = [
                nonce
                for nonce, contenders in places.items()
                if block - contenders[-1].arrival >= self._lifetime
            ]
            if old:
                gone += self._remove_from(sender, min(old))
        return gone

    def _line(self, sender: Address, block: int) -> Iterator[Pending]:
        places = self._places[sender]
        nonce = self._expected.get(sender, 0)
        while pending := _standing(places.get(nonce, ()), block):
            yield pending
            nonce += 1

    def _remove_from(self, sender: Address, nonce: int) -> list[Pending]:
        return self._remove(sender, range(nonce, max(self._places.get(sender, ()), default=0) + 1))

    def _remove(self, sender: Address, nonces: range) -> list[Pending]:
        places = self._places.get(sender, {})
        gone = [
            contender
            for nonce in sorted(places)
            if nonce in nonces
            for contender in places.pop(nonce)
        ]
        if not places:
            self._places.pop(sender, None)
        return gone


def _outbids(new: Transaction, old: Transaction) -> bool:
    pairs = ((new.priority_fee, old.priority_fee), (new.max_fee, old.max_fee))
    return all(more > less and 100 * more >= REPLACEMENT_PERCENT * less for more, less in pairs)


def _standing(contenders: Sequence[Pending], block: int) -> Pending | None:
    """The newest of those that have arrived."""
    return next((each for each in reversed(contenders) if each.arrival <= block), None)
