"""accrue, and the index."""

import pytest
from core_system import ETH, PERCENT, RATE, USD, WAD, lend

from sim.units import RAY

YEAR = 365 * 86_400
ZERO = "0x" + "00" * 20


def test_accrue__mints_the_interest_to_the_reserve(build, borrower, at):
    system = build(rate=RATE)
    account = system.account(borrower, system.eth, 100 * ETH)
    loan = lend(system, borrower, account, 40_000 * USD)
    rounding = system.core.totals().unminted
    at(loan.timestamp + YEAR)
    receipt = system.core.accrue(sender=borrower)
    index, interest = loan.index_after(YEAR), loan.interest_after(YEAR)
    minted = interest + rounding
    assert receipt.events == [
        system.core.Accrued(index=index, interest=interest, minted=0),
        system.core.Accrued(index=index, interest=0, minted=minted),
        system.stable.Transfer(sender=ZERO, receiver=system.reserve, value=minted),
    ]
    # Use is 4 % of the ceiling, a twentieth of the kink: 2 % and a twentieth of 8 %.
    assert interest // USD == 40_000 * 24 // 1_000
    assert system.stable.balanceOf(system.reserve) == minted
    assert system.core.totals().unminted == 0
    assert len(set(system.books())) == 1


def test_accrue__totals_tell_what_it_will_leave(build, borrower, wait):
    system = build(rate=RATE)
    system.account(borrower, system.eth, 100 * ETH, 40_000 * USD)
    wait(1_234_567)
    told = system.core.totals()
    assert told.unminted > 0
    assert len(set(system.books())) == 1


@pytest.mark.parametrize("ceiling", [0, 1, 40_000])
def test_accrue__ceiling_reached_passed_or_zero__counts_as_full_use(build, borrower, at, ceiling):
    system = build(rate=RATE)
    system.account(borrower, system.eth, 100 * ETH, 40_000 * USD)
    system.configure(debt_ceiling=ceiling * USD)
    before = system.core.totals()
    assert before.utilisation == WAD
    assert before.rate == RATE[0] + RATE[1] + RATE[2] == 60 * PERCENT
    at(before.timestamp + 1_000)
    system.core.accrue(sender=borrower)
    grown = before.index + -(-before.index * before.rate * 1_000 // (WAD * YEAR))
    assert system.core.totals().index == grown


def test_accrue__simple_within_and_compounded_between(build, borrower, at, now):
    """At 10 % a year two half years make 1.05 * 1.05."""
    system = build(rate=(10 * PERCENT, 0, 0, 80 * PERCENT))
    start = system.core.accrue(sender=borrower)
    [index] = (event.index for event in start.decode_logs(system.core.Accrued))
    for half in (1, 2):
        at(start.timestamp + half * YEAR // 2)
        system.core.accrue(sender=borrower)
        index += -(-index * 5 // 100)
        assert system.core.totals().index == index
    assert index * 10_000 // RAY == 11_025


def test_accrue__nothing_owed__mints_nothing(build, borrower, wait):
    system = build(rate=RATE)
    wait(YEAR)
    receipt = system.core.accrue(sender=borrower)
    assert [event.interest for event in receipt.decode_logs(system.core.Accrued)] == [0]
    assert system.stable.totalSupply() == 0


def test_accrue__after_centuries__stops_the_index_but_not_repayment(build, borrower, wait):
    system = build(rate=(100 * WAD, 0, 0, 80 * PERCENT))
    account = system.account(borrower, system.eth, 100 * ETH, 40_000 * USD)
    for _ in range(7):
        wait(100 * YEAR)
        system.core.accrue(sender=borrower)
    assert system.core.totals().index == 2**128 - 1
    wait(YEAR)
    assert system.core.repay(account, 1_000, sender=borrower).return_value == 1_000
    assert len(set(system.books())) == 1
