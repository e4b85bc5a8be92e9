"""What a step did, and to whom."""

from __future__ import annotations

from collections.abc import Iterator

from sim.check.state import Account
from sim.check.world import Step
from sim.protocol.effects import Liquidated, Redeemed, WrittenOff
from sim.units import Address

STRUCK = "Struck"
"""Event of a hostile token that lets its accomplice act."""


def pairs(step: Step) -> Iterator[tuple[int, Account, Account]]:
    """(number, before, after) of accounts that were there."""
    both = zip(step.before.accounts, step.after.accounts, strict=False)
    return ((number, was, now) for number, (was, now) in enumerate(both, 1))


def liquidations(step: Step) -> list[Liquidated]:
    return step.effects(Liquidated)


def liquidation_of(step: Step) -> tuple[Account, Liquidated] | None:
    """The one liquidation of a transaction, and the account as it was."""
    done = liquidations(step)
    if len(done) != 1 or done[0].account > len(step.before.accounts):
        return None
    return step.before.accounts[done[0].account - 1], done[0]


def touched(step: Step) -> set[int]:
    """Accounts that the transaction liquidated, redeemed from or wrote off."""
    kinds = (Liquidated, Redeemed, WrittenOff)
    return {e.account for h in step.happened for e in h.effects if isinstance(e, kinds)}


def struck(step: Step) -> set[Address]:
    """Accomplices of a hostile token who did something in the middle of the transaction."""
    return {h.address("by") for h in step.happened if h.name == STRUCK and h["succeeded"]}


def acting(step: Step) -> set[Address]:
    return {step.sender, *struck(step)}


def weaker(step: Step) -> Iterator[tuple[int, Account, Account]]:
    """(number, before, after) of accounts that owe more or hold less, and by their owner's will."""
    if not step.ok:
        return
    done_to = touched(step)
    for number, was, now in pairs(step):
        less = any(y < x for x, y in zip(was.amounts, now.amounts, strict=True))
        if (less or now.debt > was.debt) and number not in done_to:
            yield number, was, now
