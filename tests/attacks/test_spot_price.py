"""A swap moves the price of a pool, and what rests on it: at once, or time-weighted hardly."""

from __future__ import annotations

import pytest

from sim.protocol.abi import Contract
from sim.units import MAX_UINT256, WAD
from tests.vectors.system import BORROWER, LIQUIDATOR, OWNER, STRANGER, System

from .arena import ATTACKER, second_core, wealth

WINDOW = 1_800
BLOCK = 12
CAPITAL = 2 * 10**6 * WAD


def pooled(window: int) -> tuple[System, Contract, Contract]:
    """1,000 ether and two million in a pool whose price the core looks at."""
    system = System(debt_ceiling=10**8 * WAD, account_ceiling=10**8 * WAD, grace=0)
    pool = system.create("AmmPool", system.token(), system.stable.address, 3 * WAD // 1_000)
    for person, ether, stable in ((OWNER, 1_000, 1), (ATTACKER, 1_000, 1), (LIQUIDATOR, 0, 1)):
        system.stables(person, stable * CAPITAL)
        system.must(person, system.tokens[0].mint, person, ether * WAD)
        for token in (system.tokens[0], system.stable):
            system.must(person, token.approve, pool.address, MAX_UINT256)
    system.must(OWNER, pool.add_liquidity, 1_000 * WAD, CAPITAL, 0, OWNER)
    oracle = system.create("PoolOracle", [pool.address], window)
    core = second_core(system, oracle)
    for person in (ATTACKER, BORROWER):
        system.must(person, system.tokens[0].approve, core.address, MAX_UINT256)
        system.must(person, system.stable.approve, core.address, MAX_UINT256)
    if window:
        for _ in range(2):
            system.must(STRANGER, oracle.poke, system.token(), after=window)
        system.wait(window)
    return system, pool, core


@pytest.mark.parametrize("window", [0, WINDOW])
def test_pump_and_borrow(window: int) -> None:
    """Guard: the time-weighted price. All is bought and pledged at the price it was driven to;
    worth is counted at the price outside, 2,000."""
    system, pool, core = pooled(window)
    system.must(ATTACKER, core.open)
    before = wealth(system, [ATTACKER])
    system.must(ATTACKER, pool.swap, system.stable.address, CAPITAL, 0, ATTACKER)
    bought = system.balance(system.tokens[0], ATTACKER)
    system.must(ATTACKER, core.deposit, 1, system.token(), bought)
    system.wait(BLOCK - 3)
    most = system.read(core.max_borrow, 1)
    system.must(ATTACKER, core.borrow, 1, most, ATTACKER)
    # The account is left behind.
    assert (wealth(system, [ATTACKER]) > before) == (window == 0)


def test_a_push_up_for_a_block__leaves_the_average_where_it_was() -> None:
    """Guard: an average is of a price that follows the pool's by a hundredth a second. Upwards
    there is no bound to the spot price: bought for twenty times its stable, a pool that shows
    400 times its price for twelve seconds of an hour shows an average of several times it."""
    system, pool, _ = pooled(0)
    oracle = system.create("PoolOracle", [pool.address], WINDOW)
    for _ in range(2):
        system.must(STRANGER, oracle.poke, system.token(), after=WINDOW)
    before, _ = system.read(oracle.price, system.token())
    system.stables(ATTACKER, 20 * CAPITAL)
    system.must(ATTACKER, pool.swap, system.stable.address, 20 * CAPITAL, 0, ATTACKER)
    assert system.read(pool.spot_price) > 400 * before
    system.wait(BLOCK)
    shown, valid = system.read(oracle.price, system.token())
    assert valid
    assert shown < 1.01 * before
    bought = system.balance(system.tokens[0], ATTACKER)
    system.must(ATTACKER, pool.swap, system.token(), bought, 0, ATTACKER)
    system.wait(WINDOW // 2)
    assert system.read(oracle.price, system.token())[0] < 1.01 * before


def shown_for_an_hour(system: System, oracle: Contract) -> list[int]:
    """Its valid prices, a minute apart, poked by whoever cares."""
    found = []
    for _ in range(60):
        system.wait(60)
        system.send(STRANGER, oracle.poke, system.token())
        price, valid = system.read(oracle.price, system.token())
        assert valid
        found.append(price)
    return found


def test_a_push_down_that_was_undone__is_forgotten_as_fast_as_it_was_followed() -> None:
    """Guard: the price followed moves by one factor, up or down. Steps of a hundredth of the price
    it starts from would have it fall to near nothing within two minutes, and rise from there for
    hours: a healthy account would be liquidated long after the pool is back."""
    system, pool, _ = pooled(0)
    oracle = system.create("PoolOracle", [pool.address], WINDOW)
    for _ in range(2):
        system.must(STRANGER, oracle.poke, system.token(), after=WINDOW)
    system.wait(WINDOW)
    before, _ = system.read(oracle.price, system.token())
    system.must(ATTACKER, system.tokens[0].mint, ATTACKER, 9_000 * WAD)
    received = system.balance(system.stable, ATTACKER)
    system.must(ATTACKER, pool.swap, system.token(), 9_000 * WAD, 0, ATTACKER)
    received = system.balance(system.stable, ATTACKER) - received
    assert system.read(pool.spot_price) < before // 90
    system.wait(108)
    system.must(ATTACKER, pool.swap, system.stable.address, received, 0, ATTACKER)
    assert min(shown_for_an_hour(system, oracle)) > 0.94 * before


def test_a_price_followed_to_nothing__begins_no_new_life_at_the_next() -> None:
    """Guard: only the first price comes at once. A pool that its owner has emptied and refills
    could else show any price, at once."""
    system, pool, _ = pooled(0)
    oracle = system.create("PoolOracle", [pool.address], WINDOW)
    shares = system.read(pool.shares_of, OWNER)
    system.must(OWNER, pool.remove_liquidity, shares, 0, 0, OWNER)
    system.must(ATTACKER, pool.swap, system.token(), 100 * WAD, 0, ATTACKER)
    assert system.read(pool.spot_price) == 0
    system.wait(3 * 3_600)
    for _ in range(2):
        system.must(STRANGER, oracle.poke, system.token(), after=WINDOW)
    system.must(ATTACKER, pool.swap, system.stable.address, CAPITAL, 0, ATTACKER)
    assert system.read(pool.spot_price) > 10**6 * WAD
    system.wait(WINDOW // 2)
    assert system.read(oracle.price, system.token())[0] < WAD // 10**6


def test_the_sum_of_a_price_near_nothing__never_falls() -> None:
    """Guard: what is followed is large enough for a step of a hundredth to be more than what is
    rounded. An average is of a difference, and one below zero would be any number."""
    system, pool, _ = pooled(0)
    system.must(ATTACKER, system.tokens[0].mint, ATTACKER, 2**100)
    system.must(ATTACKER, pool.swap, system.token(), 2**97, 0, ATTACKER)
    shares = system.read(pool.shares_of, OWNER)
    system.must(OWNER, pool.remove_liquidity, shares * 9_999 // 10_000, 0, 0, OWNER)
    system.must(ATTACKER, pool.swap, system.token(), 2**99, 0, ATTACKER)
    assert system.read(pool.spot_price) < 100
    system.wait(10**5)
    system.must(ATTACKER, pool.swap, system.stable.address, 10**12, 0, ATTACKER)
    sums = [system.read(pool.cumulative_price)[0]]
    for _ in range(300):
        system.wait(1)
        sums.append(system.read(pool.cumulative_price)[0])
    assert sums == sorted(sums)


@pytest.mark.parametrize("window", [0, WINDOW])
def test_dump_and_liquidate(window: int) -> None:
    """Guard: the same. A borrower at a healthy price outside is made liquidatable by a sale
    that is bought back afterwards."""
    system, pool, core = pooled(window)
    system.must(BORROWER, core.open)
    system.must(BORROWER, system.tokens[0].mint, BORROWER, 100 * WAD)
    system.must(BORROWER, core.deposit, 1, system.token(), 100 * WAD)
    system.must(BORROWER, core.borrow, 1, 135_000 * WAD, BORROWER)
    before = wealth(system, [ATTACKER])
    received = system.balance(system.stable, ATTACKER)
    system.must(ATTACKER, pool.swap, system.token(), 200 * WAD, 0, ATTACKER)
    received = system.balance(system.stable, ATTACKER) - received
    system.wait(BLOCK - 3)
    outcome = system.send(ATTACKER, core.liquidate, 1, system.token(), 10**6 * WAD, 0, ATTACKER)
    system.must(ATTACKER, pool.swap, system.stable.address, received, 0, ATTACKER)
    if window:
        assert outcome.reason == "margin: not liquidatable"
    assert (wealth(system, [ATTACKER]) > before) == (window == 0)
