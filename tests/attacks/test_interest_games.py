"""Interest charged for a time at a rate of another time, and many accruals in place of one."""

from __future__ import annotations

from math import expm1
from typing import NamedTuple

import pytest

from sim.protocol.abi import Contract
from sim.units import MAX_UINT256, RAY, WAD
from tests.vectors.system import BORROWER, LIQUIDATOR, OWNER, PERCENT, STRANGER, System

from .arena import arm, second_core

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


class Pegged(NamedTuple):
    system: System
    coin: Contract
    pool: Contract
    average: Contract
    rate: Contract
    core: Contract


def pegged(window: int, hook: bool) -> Pegged:
    """A core that charges what the stable costs in a pool of coin and stable, in which a coin
    costs 1.25: the stable is at 0.8, and debt is dearer by a fifth."""
    system = System()
    coin = system.create("ReentrantToken" if hook else "MockToken", "Hook", "HOOK", 18)
    pool = system.create("AmmPool", coin.address, system.stable.address, 0)
    system.stables(OWNER, 10**6 * WAD)
    system.must(OWNER, coin.mint, OWNER, 10**6 * WAD)
    for token in (coin, system.stable):
        system.must(OWNER, token.approve, pool.address, MAX_UINT256)
    system.must(OWNER, pool.add_liquidity, 80_000 * WAD, 100_000 * WAD, 0, OWNER)
    average = system.create("PoolOracle", [pool.address], window)
    rate = system.create("PegRate", system.rate.address, average.address, coin.address, WAD, WAD)
    core = second_core(system, system.feed, rate)
    system.must(STRANGER, average.poke, coin.address)
    system.must(BORROWER, core.open)
    system.collateral(BORROWER, 0, 10 * WAD)
    system.must(BORROWER, system.tokens[0].approve, core.address, MAX_UINT256)
    system.must(BORROWER, core.deposit, 1, system.token(), 10 * WAD)
    system.must(BORROWER, core.borrow, 1, 10_000 * WAD, BORROWER)
    return Pegged(system, coin, pool, average, rate, core)


@pytest.mark.parametrize("sold", ["coin", "stable"])
def test_rate_poked_inside_a_swap__is_that_of_the_pool_s_price(sold: str) -> None:
    """Guard: the pool's price can be read in the middle of a swap. Else what depends on it stops
    for as long as a coin with a hook has the word."""
    system, coin, pool, _, rate, core = pegged(YEAR, hook=True)
    arm(system, coin, rate.address, rate.poke(core.address))
    token = {"coin": coin, "stable": system.stable}[sold]
    system.must(OWNER, pool.swap, token.address, WAD, 0, OWNER, after=YEAR)
    assert system.read(coin.succeeded)
    assert system.read(rate.premium_of, core.address) == WAD // 5


def test_a_push_of_minutes__does_not_undo_the_interest_of_months() -> None:
    """Guard: a rate that follows a price changes from now on, after an accrual. A core charges
    the rate of the moment for all the time since the last one, so else who borrows moves the
    price for minutes, and pays next to nothing for the months before."""
    system, coin, pool, average, rate, core = pegged(1_800, hook=False)
    for _ in range(2):
        system.must(STRANGER, rate.poke, core.address, after=1_800)
    before = system.read(core.debt, 1)
    system.wait(YEAR // 4)
    for _ in range(2):
        system.must(STRANGER, average.poke, coin.address, after=1_800)
    owed = system.read(core.debt, 1)
    assert owed > 1.04 * before
    system.must(OWNER, pool.swap, coin.address, 300_000 * WAD, 0, OWNER)
    system.wait(1_800)
    system.must(BORROWER, rate.poke, core.address)
    assert system.read(rate.premium_of, core.address) < 0
    assert system.read(core.debt, 1) >= owed
