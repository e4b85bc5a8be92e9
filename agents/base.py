"""What every participant has: an address, a role, fees to bid and a pure `decide`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from weakref import WeakKeyDictionary

import mesa

from agents.intent import Bid, Intent
from agents.market import Market
from agents.view import Report, View

GWEI = 10**9


class _Counters(WeakKeyDictionary[mesa.Model, "count[int]"]):
    """The next id of each model, which it does not keep alive: Mesa's own would hold every model
    that was ever run, and a study runs thousands."""

    def __getitem__(self, model: mesa.Model) -> count[int]:
        if model not in self:
            self[model] = count(1)
        return super().__getitem__(model)


class Participant(mesa.Agent):  # type: ignore[misc]
    """An agent that acts on the chain only through the intents `decide` returns.

    Everything random about it is drawn when it is made, so `decide` is a function of the
    view alone: the same view gives the same intents.
    """

    _ids = _Counters()
    role = "participant"
    every_block = False
    """Woken every block rather than by schedule and alerts."""
    watches_liquidations = False
    """Shown the accounts that can be called or liquidated."""
    watches_mempool = False
    """Shown the public pool."""
    watches_accounts = False
    """Shown other people's accounts."""
    owes = False
    """Has nothing to do in a block in which it owes nobody anything."""
    answers_bids = False
    """Asked again in the same block when the public pool has changed since."""
    latency_blocks = 0
    """Blocks between deciding and the transactions reaching the pool."""

    def __init__(self, model: mesa.Model, name: str, address: bytes) -> None:
        super().__init__(model)
        self.name = name
        self.address = address

    def decide(self, view: View) -> Sequence[Intent]:
        raise NotImplementedError

    def latency(self, block: int) -> int:
        """Blocks until what it decides in a block reaches the pool."""
        return self.latency_blocks

    def stirs(self, market: Market, reported: Report | None) -> bool:
        """For one that is woken every block: whether this block is worth a view.

        False promises that `decide` would return nothing.
        """
        return True

    def wake_times(self) -> Sequence[float]:
        """Seconds since block 0 at which it wants to be woken."""
        return ()

    def alert_health(self) -> float:
        """It is woken when one of its accounts falls below this health factor."""
        return 0.0


def bid(market: Market, tip: int, headroom: float = 2.0) -> Bid:
    """A tip, raised to what the last full block took, and a cap with room for a rise."""
    tip = max(tip, market.tip_needed + market.tip_needed // 8)
    return Bid(tip=tip, max_fee=int(market.base_fee * headroom) + tip)
