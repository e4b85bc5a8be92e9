"""Margin-call failure: why a trader did not save an account that was then liquidated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agents.base import Participant
from agents.intent import Deposit, Intent, Repay
from agents.trader import Trader
from sim.model.desk import Desk, Outcome
from sim.model.scene import Scene
from sim.protocol.ledger import Floats, Ledger
from sim.protocol.standing import Standing
from sim.units import Address


class Cause(StrEnum):
    """Tried in this order: the first that holds is the cause."""

    ORACLE = "oracle late"
    """At the outside price the account was healthy."""
    UNDERBID = "underbid"
    """A cure was sent and still waited for a block, or came too late in it."""
    GAPPED = "price gapped"
    """The account went from above the trader's alarm to liquidated within a block or two."""
    SLOW = "too slow"
    """The trader had heard of it and not yet answered."""
    FUNDS = "no funds"
    """The trader answered, and what it had could not bring the account back."""


GAP_BLOCKS = 2


@dataclass(frozen=True, slots=True)
class Ring:
    """A trader's last alarm."""

    at: float
    """Seconds since block 0."""
    answer_at: float


def cause(
    now: float,
    block_seconds: float,
    healthy_outside: bool,
    cures: tuple[Intent, ...],
    ring: Ring | None,
) -> Cause:
    """`cures` are the trader's intents that waited, or failed in the same block."""
    if healthy_outside:
        return Cause.ORACLE
    if any(isinstance(intent, Repay | Deposit) for intent in cures):
        return Cause.UNDERBID
    if ring is None or now - ring.at <= GAP_BLOCKS * block_seconds:
        return Cause.GAPPED
    return Cause.SLOW if ring.answer_at >= now else Cause.FUNDS


@dataclass
class Inquest:
    """Finds the cause for an account, from what its owner had heard of and sent."""

    ledger: Ledger
    desk: Desk
    participants: Mapping[Address, Participant]
    rings: Mapping[Participant, Ring]
    block_seconds: float

    def of_block(
        self, scene: Scene, outcomes: Sequence[Outcome], before: Standing
    ) -> Callable[[int], str]:
        """The cause by the account's number; "" where no trader owns it. `before` is how
        accounts stood before the block."""

        def why(account: int) -> str:
            owner = self.participants.get(self.ledger.owners[account - 1])
            if not isinstance(owner, Trader):
                return ""
            failed = (o.ticket.intent for o in outcomes if o.ticket.agent is owner)
            waiting = (sent.intent for sent in self.desk.pending(owner))
            return cause(
                scene.time,
                self.block_seconds,
                self._healthy_outside(account - 1, scene.prices, before),
                (*failed, *waiting),
                self.rings.get(owner),
            )

        return why

    def _healthy_outside(self, row: int, prices: Floats, before: Standing) -> bool:
        """Whether the account met maintenance at outside prices."""
        if row >= len(before.debt):
            return False
        oracle = self.ledger.oracle_prices()
        # With one collateral value scales with its price; with several this is their average.
        scale = float(prices @ oracle / (oracle @ oracle))
        cushion = before.value[row] - before.maintenance[row]
        return bool(cushion * scale >= before.debt[row])
