"""Interest charged for a time at a rate of another time, and many accruals in place of one."""

from __future__ import annotations

from math import expm1

import pytest

from sim.units import MAX_UINT256, RAY, WAD
from tests.vectors.system import BORROWER, LIQUIDATOR, OWNER, PERCENT, STRANGER, System

DAY = 86_400
YEAR = 365 * DAY
STEEP = (PERCENT, 9 * PERCENT, 90 * PERCENT, WAD // 2)


def victim() -> tuple[System, int]:
    """10,000 of a million owed: utilisation 1 %, 1.18 % a year. The stranger is rich."""
    system = System(rate=STEEP, account_ceiling=10**6 * WAD)
    account = system.account(BORROWER, [10 * WAD], 10_000 * WAD)
    system.account(STRANGER, [2_000 * WAD], 0)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    return system, account


def owed_undisturbed(days: int) -> int:
    system, account = victim()
    system.must(OWNER, system.core.accrue, after=days * DAY)
    return system.debt_of(account)


def test_a_ceiling_lowered__charges_nothing_for_the_time_before() -> None:
    """Guard: `set_config` accrues first. Else an owner, or who waits for one, would charge a
    year at full utilisation."""
    system, account = victim()
    system.wait(100 * DAY - 1)
    system.configure(debt_ceiling=10_000 * WAD)
    assert abs(system.debt_of(account) - owed_undisturbed(100)) <= 10**12


def test_a_ceiling_raised__forgives_nothing_of_the_time_before() -> None:
    """Guard: the same."""
    system, account = victim()
    system.wait(100 * DAY - 1)
    system.configure(debt_ceiling=2**127 - 1)
    assert system.debt_of(account) >= owed_undisturbed(100) - 10**12


def test_a_loan_drawn_now__raises_no_rate_of_the_past() -> None:
    """Guard: `borrow` accrues first. Else a flash of utilisation would cost others a year."""
    system, account = victim()
    system.wait(100 * DAY - 1)
    system.must(STRANGER, system.core.borrow, account + 1, 900_000 * WAD, STRANGER)
    assert abs(system.debt_of(account) - owed_undisturbed(100)) <= 10**12


def test_a_debt_repaid_now__lowers_no_rate_of_the_past() -> None:
    """Guard: `repay` accrues first."""
    system, account = victim()
    system.must(STRANGER, system.core.borrow, account + 1, 900_000 * WAD, STRANGER)
    system.must(STRANGER, system.stable.approve, system.core.address, MAX_UINT256)
    snapshot = system.snapshot()
    system.must(OWNER, system.core.accrue, after=100 * DAY)
    owed = system.debt_of(account)
    system.restore(snapshot)
    system.must(STRANGER, system.core.repay, account + 1, 900_000 * WAD, after=100 * DAY)
    assert abs(system.debt_of(account) - owed) <= 10**12


@pytest.mark.parametrize("rate", [1, 10 * PERCENT, 3 * WAD])
def test_accruing_every_second__neither_saves_nor_costs_more_than_compounding(rate: int) -> None:
    """Guard: growth is rounded up, so no one accrues it away; and by a RAY's unit, so no one
    accrues it up."""
    system = System(rate=(rate, 0, 0, WAD // 2))
    system.account(BORROWER, [10 * WAD], 10_000 * WAD)
    index, since = system.read(system.core.totals)[2], system.now
    for _ in range(100):
        system.must(STRANGER, system.core.accrue)
    elapsed = system.now - since
    grown = system.read(system.core.totals)[2] - index
    assert grown * WAD * YEAR >= index * rate * elapsed
    assert grown <= index * expm1(rate / WAD * elapsed / YEAR) * (1 + 1e-9) + elapsed


def test_interest_never_stops_repayment() -> None:
    """Guard: the index stops at its largest value. The largest rate for longer than anyone
    lives, accrued and not; the debt stays repayable and the account liquidatable."""
    rate = (100 * WAD, 100 * WAD, 100 * WAD, WAD // 2)
    system = System(rate=rate, grace=0)
    account = system.account(BORROWER, [10 * WAD], 100 * WAD)
    for _ in range(12):
        system.must(STRANGER, system.core.accrue, after=YEAR)
    assert system.read(system.core.totals)[2] == 2**128 - 1
    system.wait(YEAR)
    debt = system.debt_of(account)
    assert debt == -(-system.read(system.core.shares_of, account) * (2**128 - 1) // RAY)
    system.stables(LIQUIDATOR, debt)
    snapshot = system.snapshot()
    assert system.liquidate(account, debt).ok
    system.restore(snapshot)
    system.must(STRANGER, system.core.absorb, account)
    system.restore(snapshot)
    system.must(LIQUIDATOR, system.core.repay, account, debt)
    assert system.debt_of(account) == 0
