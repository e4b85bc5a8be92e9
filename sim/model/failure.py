"""Margin-call failure: why a trader did not save an account that was then liquidated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agents.intent import Deposit, Intent, Repay


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
