"""A unit of something whose price nobody knows, held to stop one's own liquidation."""

from __future__ import annotations

import pytest

from sim.units import WAD
from tests.vectors.system import (
    BITCOIN,
    BORROWER,
    ETHER,
    LIQUIDATOR,
    OWNER,
    STRANGER,
    System,
    told,
)

WINDOW = 1_800


def unpriced() -> tuple[System, int]:
    """Ten ether owe 12,000; bitcoin is listed, and its feed is still to come."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD,), grace=0, min_deposit=0)
    account = system.account(BORROWER, [10 * WAD], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    return system, account


@pytest.mark.parametrize("person", [BORROWER, STRANGER])
def test_what_never_had_a_price__cannot_be_held(person: bytes) -> None:
    """Guard: the first deposit of an asset needs that it ever had a price. Without one it may
    be worth anything, so an account with a unit of it is below no line for certain: it could
    be neither called nor liquidated nor absorbed, whatever became of the rest."""
    system, account = unpriced()
    system.collateral(person, 1, 1)
    system.refuses("price: none", person, system.core.deposit, account, system.token(1), 1)
    system.price(0, 1_300 * WAD)
    assert system.liquidate(account, 1_000 * WAD).ok
    system.price(0, 900 * WAD)
    system.must(STRANGER, system.core.absorb, account)


def test_more_of_what_is_held__is_never_refused() -> None:
    """Guard: only the first deposit asks, so no oracle can lock a borrower out of curing."""
    system, account = unpriced()
    system.collateral(BORROWER, 0, WAD)
    system.price(0, 0, valid=False)
    system.must(BORROWER, system.core.deposit, account, system.token(), WAD)


def test_a_price_too_high_and_stale__shields_as_far_as_twice_its_collateral() -> None:
    """By choice, see ICollateralizedDebt: in doubt nobody is liquidated who may be healthy. The
    doubt has an end, and the account cannot draw on it. Bitcoin is really worth nothing."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 20_000 * WAD), grace=0)
    account = system.account(BORROWER, [8 * WAD, 10**7], 12_000 * WAD)
    core = system.core
    system.stables(LIQUIDATOR, 10**6 * WAD)
    system.price(1, 20_000 * WAD, valid=False)
    # 2,000 of bitcoin count 4,000: M is 20 % of the ether and 15 % of 2,000.
    edge = (12_000 + 300 - 4_000) * WAD * 100 // (80 * 8)
    system.price(0, edge + 1)
    assert system.liquidate(account, 1_000 * WAD).reason == "margin: not liquidatable"
    reason = "price: not valid"
    system.refuses(reason, BORROWER, core.borrow, account, WAD, BORROWER)
    system.refuses(reason, BORROWER, core.withdraw, account, system.token(), 1, BORROWER)
    system.price(0, edge - 1)
    assert system.liquidate(account, 1_000 * WAD).ok


def test_a_strangers_gift_in_doubt__is_refused() -> None:
    """Guard: what a stranger brings anew has a valid price. Else ten dollars of a token whose price
    is stale keep a call from ending however much is repaid, and the clock of a penalty that
    rises with time from starting anew."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 20_000 * WAD), min_deposit=0)
    account = system.account(BORROWER, [10 * WAD], 12_000 * WAD)
    system.price(1, 20_000 * WAD, valid=False)
    system.stables(BORROWER, 1_000 * WAD)
    deposit, gift = system.core.deposit, (account, system.token(1), 10**5)
    for person in (BORROWER, STRANGER):
        system.collateral(person, 1, 10**6)
    system.refuses("limit: below minimum deposit", STRANGER, deposit, *gift)
    system.price(0, 1_450 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    system.must(BORROWER, system.core.repay, account, 1_000 * WAD)
    assert system.read(system.core.called_at, account) == 0
    system.must(BORROWER, deposit, *gift)


def test_a_price_in_doubt__does_not_spare_the_breaker() -> None:
    """Guard: what has no valid price makes good no loss. Ten ether at 900 and 1,000 of bitcoin,
    whose feed is dead, owe 12,000: 3,000 are lost for all that anyone knows."""
    system = System(
        assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 10_000 * WAD), loss_threshold=2_999 * WAD
    )
    account = system.account(BORROWER, [10 * WAD, 10**7], 12_000 * WAD)
    system.price(1, 10_000 * WAD, valid=False)
    system.price(0, 900 * WAD)
    outcome = system.must(STRANGER, system.core.absorb, account)
    assert ("BreakerTripped", {"loss": 3_000 * WAD}) in told(outcome)


def test_an_average_too_old__is_a_price_still() -> None:
    """Guard: a time-weighted price that is stale is (price, not valid), as of any oracle, and
    not nothing; else it would be enough that nobody poked one pool."""
    system = System()
    pool = system.create("AmmPool", system.token(), system.stable.address, 0)
    system.must(OWNER, system.tokens[0].mint, OWNER, 10 * WAD)
    system.stables(OWNER, 20_000 * WAD)
    for token in (system.tokens[0], system.stable):
        system.must(OWNER, token.approve, pool.address, 2**255)
    system.must(OWNER, pool.add_liquidity, 10 * WAD, 20_000 * WAD, 0, OWNER)
    oracle = system.create("PoolOracle", [pool.address], WINDOW)
    for _ in range(2):
        system.must(STRANGER, oracle.poke, system.token(), after=WINDOW)
    assert system.read(oracle.price, system.token()) == (2_000 * WAD, True)
    system.wait(100 * WINDOW)
    assert system.read(oracle.price, system.token()) == (2_000 * WAD, False)


def test_a_price_that_averages_to_nothing__is_next_to_nothing() -> None:
    """Guard: an average of 0 is 1, not valid. A price of 0 stands for none at all, of which a
    unit may be worth anything: dumped without end, an asset would shield who holds a unit."""
    system = System()
    pool = system.create("AmmPool", system.token(), system.stable.address, 0)
    system.must(OWNER, system.tokens[0].mint, OWNER, 10**24)
    system.stables(OWNER, WAD)
    for token in (system.tokens[0], system.stable):
        system.must(OWNER, token.approve, pool.address, 2**255)
    system.must(OWNER, pool.add_liquidity, 10**24, 10**4, 0, OWNER)
    oracle = system.create("PoolOracle", [pool.address], WINDOW)
    for _ in range(2):
        system.must(STRANGER, oracle.poke, system.token(), after=WINDOW)
    assert system.read(oracle.price, system.token()) == (1, False)
