"""Who gets into the block, and in what order."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.mempool.bundle import Bundle
from sim.mempool.pool import Mempool, Pending

Order = Literal["fee", "first-come", "random"]
Rank = Callable[[Pending], float]


@dataclass(frozen=True, slots=True)
class Built:
    """A block before it is executed."""

    transactions: list[Pending]
    """In the order of execution."""
    gas_background: int
    """Gas given to other people's transactions, beside the gas limits of these."""
    gas_unserved: int
    """Background gas for which there was no room."""

    def background_used(self, gas_saved: int) -> int:
        """Background gas once these left ``gas_saved`` of their limits unused: others fill it."""
        return self.gas_background + min(gas_saved, self.gas_unserved)


def build(
    mempool: Mempool,
    block: int,
    base_fee: int,
    gas_limit: int,
    background_bids: Iterable[tuple[int, int]],
    bundles: Sequence[Bundle] = (),
    order: Order = "fee",
    rng: np.random.Generator | None = None,
) -> Built:
    """Fill a block: bundles at its top, then the pool against the background.

    Nonces stay in order: only the head of each sender's line competes, and one that cannot
    be in this block (fee cap below the base fee, or no room for its gas limit) holds its line
    up. By "fee" the effective tip, min(priority fee, fee cap - base fee), decides, against
    ``background_bids``: ``(tip in wei, gas)``, the highest tip first, and divisible; at equal
    tips the pool goes first. By "first-come" the arrival decides, at "random" ``rng``; tips do
    not, so that the background takes its part of a full block whatever it bids. Ties go by
    arrival, then by admission.
    """
    top = [part for bundle in bundles for part in bundle.parts]
    left = gas_limit - sum(part.transaction.gas for part in top)
    lines = [_without(line, set(top)) for line in mempool.lines(block)]
    if order == "fee":
        chosen, served, unserved = _by_tip(lines, base_fee, left, background_bids)
    else:
        chosen, served, unserved = _by_rank(
            lines, base_fee, left, background_bids, _rank(order, rng)
        )
    return Built(top + chosen, served, unserved)


def _by_tip(
    lines: Sequence[Iterator[Pending]],
    base_fee: int,
    left: int,
    background_bids: Iterable[tuple[int, int]],
) -> tuple[list[Pending], int, int]:
    served = unserved = 0
    chosen: list[Pending] = []
    rivals = deque(background_bids)
    heads = _Heads(lines, base_fee, lambda pending: -pending.tip(base_fee))
    while heads:
        if rivals and rivals[0][0] > -heads.best:
            wanted = rivals.popleft()[1]
            given = min(wanted, left)
            left -= given
            served += given
            unserved += wanted - given
        else:
            left -= heads.take(left, chosen)
    wanted = sum(gas for _, gas in rivals)
    given = min(wanted, left)
    return chosen, served + given, unserved + wanted - given


def _by_rank(
    lines: Sequence[Iterator[Pending]],
    base_fee: int,
    left: int,
    background_bids: Iterable[tuple[int, int]],
    rank: Rank,
) -> tuple[list[Pending], int, int]:
    """The background takes of a full block what it is of all that is wanted."""
    wanted = sum(gas for _, gas in background_bids)
    waiting = [[pending for pending in line if pending.tip(base_fee) >= 0] for line in lines]
    ours = sum(pending.transaction.gas for line in waiting for pending in line)
    served = min(wanted, left * wanted // max(1, wanted + ours)) if wanted + ours > left else wanted
    chosen: list[Pending] = []
    heads = _Heads([iter(line) for line in waiting], base_fee, rank)
    room = left - served
    while heads:
        room -= heads.take(room, chosen)
    more = min(wanted - served, room)
    return chosen, served + more, wanted - served - more


def _rank(order: Order, rng: np.random.Generator | None) -> Rank:
    if order == "first-come":
        return lambda pending: pending.arrival
    if rng is None:
        raise ValueError("a random order needs a generator")
    return lambda _: float(rng.random())


def _without(line: Iterator[Pending], taken: set[Pending]) -> Iterator[Pending]:
    return (pending for pending in line if pending not in taken) if taken else line


class _Heads:
    """The first waiting transaction of each sender, the lowest rank first."""

    def __init__(self, lines: Iterable[Iterator[Pending]], base_fee: int, rank: Rank) -> None:
        self._base_fee = base_fee
        self._rank = rank
        self._heap: list[tuple[float, int, int, Pending, Iterator[Pending]]] = []
        for line in lines:
            self._push(line)

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def best(self) -> float:
        return self._heap[0][0]

    def take(self, room: int, chosen: list[Pending]) -> int:
        """Move the best to ``chosen`` if its gas limit fits, else end its line; gas taken."""
        *_, head, line = heapq.heappop(self._heap)
        if head.transaction.gas > room:
            return 0
        chosen.append(head)
        self._push(line)
        return head.transaction.gas

    def _push(self, line: Iterator[Pending]) -> None:
        """Let the next of a line compete, unless its fee cap is below the base fee."""
        head = next(line, None)
        if head is not None and head.tip(self._base_fee) >= 0:
            # The sequence is unique, so what stands after it is never compared.
            entry = (self._rank(head), head.arrival, head.sequence, head, line)
            heapq.heappush(self._heap, entry)
