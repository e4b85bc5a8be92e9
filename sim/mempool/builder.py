"""Who gets into the block, and in what order."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sim.mempool.pool import Mempool, Pending


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
) -> Built:
    """Fill a block by effective tip, min(priority fee, fee cap - base fee).

    Nonces stay in order: only the head of each sender's line competes, and one that cannot
    be in this block (fee cap below the base fee, or no room for its gas limit) holds its line
    up. ``background_bids`` are ``(tip in wei, gas)``, the highest tip first, and divisible;
    at equal tips the pool goes first. Ties in the pool go by arrival, then by admission.
    """
    left = gas_limit
    served = unserved = 0
    chosen: list[Pending] = []
    rivals = iter(background_bids)
    rival = next(rivals, None)
    heads = _Heads(mempool.lines(block), base_fee)
    while heads or rival:
        if rival is not None and (not heads or rival[0] > heads.best_tip):
            given = min(rival[1], left)
            left -= given
            served += given
            unserved += rival[1] - given
            rival = next(rivals, None)
            continue
        pending, line = heads.pop()
        if pending.transaction.gas <= left:
            left -= pending.transaction.gas
            chosen.append(pending)
            heads.push(line)
    return Built(chosen, served, unserved)


class _Heads:
    """The first waiting transaction of each sender, best first."""

    def __init__(self, lines: Sequence[Iterator[Pending]], base_fee: int) -> None:
        self._base_fee = base_fee
        self._heap: list[tuple[int, int, int, Pending, Iterator[Pending]]] = []
        for line in lines:
            self.push(line)

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def best_tip(self) -> int:
        return -self._heap[0][0]

    def push(self, line: Iterator[Pending]) -> None:
        """Let the next of a line compete, unless its fee cap is below the base fee."""
        head = next(line, None)
        if head is not None and (tip := head.tip(self._base_fee)) >= 0:
            # The sequence is unique, so what stands after it is never compared.
            heapq.heappush(self._heap, (-tip, head.arrival, head.sequence, head, line))

    def pop(self) -> tuple[Pending, Iterator[Pending]]:
        *_, head, line = heapq.heappop(self._heap)
        return head, line
