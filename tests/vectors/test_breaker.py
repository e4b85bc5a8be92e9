"""The breaker: losses above a threshold within a window stop new risk, and only that."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest

from sim.units import WAD

from .system import (
    BORROWER,
    GUARDIAN,
    LIQUIDATOR,
    OWNER,
    STRANGER,
    System,
    cross,
    told,
)

HOUR = 3_600
LOSS = 200 * WAD  # 1,200 of debt, 1,000 of collateral swept: what was swept is no loss


def losses(system: System, size: int) -> list[int]:
    """Accounts that lose 1,200 when ether falls to 1,000 and they are absorbed: 1,200 - 0."""
    return [system.account(BORROWER, [WAD], 1_200 * WAD) for _ in range(size)]


def absorb(system: System, account: int, after: int = 1) -> list[str]:
    outcome = system.send(STRANGER, system.core.absorb, account, after=after)
    return [name for name, _ in told(outcome)]


def test_breaker__trips_above_the_threshold_and_not_at_it() -> None:
    for threshold, trips in ((2 * LOSS, False), (2 * LOSS - 1, True)):
        system = System(grace=0, loss_threshold=threshold)
        first, second = losses(system, 2)
        system.price(0, 1_000 * WAD)
        assert "BreakerTripped" not in absorb(system, first)
        assert ("BreakerTripped" in absorb(system, second)) == trips
        assert system.read(system.core.breaker_tripped) is trips


def test_breaker__loss_is_what_was_lost() -> None:
    system = System(grace=0, loss_threshold=1)
    first, second = losses(system, 2)
    system.price(0, 1_000 * WAD)
    outcome = system.send(STRANGER, system.core.absorb, first)
    assert outcome.event("BreakerTripped") == {"loss": LOSS}
    # It trips once.
    assert "BreakerTripped" not in absorb(system, second)


def test_breaker__liquidation_that_sweeps__dust_is_no_loss() -> None:
    """cross(): 1,200 owed, 1,000 / 1.01 repaid, 19.9999 swept."""
    system, account = cross(loss_threshold=1)
    outcome = system.liquidate(account, 10_000 * WAD)
    left = 1_200 * WAD - ceil(Fraction(1_000 * WAD * 100, 101))
    assert outcome.event("BreakerTripped") == {"loss": left - 199_999 * 10_000 * WAD // 10**8}


def test_breaker__tripped__stops_what_it_should_and_nothing_else() -> None:
    system = System(grace=0, loss_threshold=1)
    (lost,) = losses(system, 1)
    account = system.account(BORROWER, [10 * WAD], 5_000 * WAD)
    free = system.account(BORROWER, [WAD], 0)
    system.stables(BORROWER, 1_000 * WAD)
    system.collateral(BORROWER, 0, WAD)
    system.price(0, 1_000 * WAD)
    absorb(system, lost)
    token, core = system.token(), system.core
    system.refuses("breaker: tripped", BORROWER, core.borrow, account, WAD, BORROWER)
    system.refuses("breaker: tripped", BORROWER, core.withdraw, account, token, 1, BORROWER)
    assert system.read(core.max_borrow, account) == 0
    assert system.read(system.lens.max_withdraw, account, token) == 0
    assert system.read(system.lens.max_withdraw, free, token) == WAD
    system.must(BORROWER, core.withdraw, free, token, WAD, BORROWER)
    system.must(BORROWER, core.deposit, account, token, WAD)
    system.must(BORROWER, core.repay, account, WAD)
    system.price(0, 560 * WAD)
    system.stables(LIQUIDATOR, 5_000 * WAD)
    assert system.liquidate(account, 100 * WAD).ok
    system.refuses("guardian: not the guardian", STRANGER, core.reset_breaker)
    assert told(system.send(GUARDIAN, core.reset_breaker)) == [("BreakerReset", {})]
    system.price(0, 2_000 * WAD)
    system.must(BORROWER, core.borrow, account, WAD, BORROWER)


def test_breaker__reset_forgets_the_losses() -> None:
    system = System(grace=0, loss_threshold=2 * LOSS - 1)
    first, second, third, fourth = losses(system, 4)
    system.price(0, 1_000 * WAD)
    absorb(system, first)
    assert "BreakerTripped" in absorb(system, second)
    system.must(OWNER, system.core.reset_breaker)
    assert "BreakerTripped" not in absorb(system, third)
    assert "BreakerTripped" in absorb(system, fourth)


@pytest.mark.parametrize("wait", [1, HOUR])
def test_loss_window__counts_to_the_unit(wait: int) -> None:
    """One wei below 1,000 each account loses 200 and a wei; in one bucket, and in two."""
    lost = LOSS + 1
    for threshold, trips in ((2 * lost - 1, True), (2 * lost, False)):
        system = System(grace=0, loss_window=HOUR, loss_threshold=threshold)
        first, second = losses(system, 2)
        system.price(0, 1_000 * WAD - 1)
        absorb(system, first)
        assert ("BreakerTripped" in absorb(system, second, after=wait)) == trips


@pytest.mark.parametrize(
    ("waits", "counted"),
    [
        # Window of an hour, buckets from the first loss on. Loss i comes waits[i] later.
        ([0, 3_599], 2),  # same bucket
        ([0, 3_600], 2),  # the next one: the one before still counts
        ([0, 7_199], 2),
        ([0, 7_200], 1),  # two windows later both are forgotten
        ([0, 3_600, 3_599], 3),
        ([0, 3_600, 3_600], 2),  # the first has left, the second is the previous one
        ([0, 3_700, 3_499], 3),  # the second bucket starts at 3,600, not at 3,700
        ([0, 3_700, 3_500], 2),
        ([0, 3_700, 7_100], 1),
        ([0, 3_599, 3_601], 1),
        ([0, 3_599, 3_600], 3),
        ([0, 7_200, 3_599], 2),  # anew from the second loss on
        ([0, 7_300, 3_600, 3_599], 3),
    ],
)
def test_loss_window__two_buckets(waits: list[int], counted: int) -> None:
    """The sum is tripped at: loss i is counted exactly, by a threshold one unit below it."""
    for threshold, trips in ((counted * LOSS - 1, True), (counted * LOSS, False)):
        system = System(grace=0, loss_window=HOUR, loss_threshold=10**30)
        accounts = losses(system, len(waits))
        system.price(0, 1_000 * WAD)
        *before, last = zip(accounts, waits, strict=True)
        for account, after in before:
            absorb(system, account, after=max(after, 1))
        system.configure(loss_window=HOUR, loss_threshold=threshold)
        outcome = absorb(system, last[0], after=last[1] - 1)
        assert ("BreakerTripped" in outcome) == trips
