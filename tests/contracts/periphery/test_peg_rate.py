"""PegRate on the average of a real pool of coin and stable."""

import pytest
from eth_abi import decode

from sim.units import MAX_UINT256, WAD

COIN = 10**6
WINDOW = 1800
PERCENT = WAD // 100
CURVE = 3 * PERCENT
"""At any utilisation."""


@pytest.fixture(scope="module")
def curve(create):
    return create("KinkedRate", CURVE, 0, 0, WAD // 2)


@pytest.fixture(scope="module")
def pool(create, owner, stable, coin, trader):
    """A million of each."""
    pool = create("AmmPool", coin, stable, WAD // 2000)
    coin.mint(trader, 10**7 * COIN, sender=owner)
    stable.mint(trader, 10**7 * WAD, sender=owner)
    for token in (coin, stable):
        token.approve(pool, MAX_UINT256, sender=trader)
    pool.add_liquidity(10**6 * COIN, 10**6 * WAD, 0, trader, sender=trader)
    return pool


@pytest.fixture(scope="module")
def average(create, pool):
    return create("PoolOracle", [pool], WINDOW)


@pytest.fixture(scope="module")
def rate(create, curve, average, coin):
    return create("PegRate", curve, average, coin, 10 * WAD, 50 * PERCENT)


@pytest.fixture
def poked(average, coin, stranger):
    """Timestamp of the average's first checkpoint."""
    return average.poke(coin, sender=stranger).timestamp


def at(chain, timestamp):
    chain.pending_timestamp = timestamp
    chain.mine()


def test_rate__nobody_poked__is_the_curves(rate):
    assert rate.stable_price() == (0, False)
    assert rate.rate(WAD) == CURVE  # to whom nobody poked it for


def test_price__stable_at_one(rate, chain, poked):
    at(chain, poked + WINDOW)
    assert rate.stable_price() == (WAD, True)


def test_price__stable_sold_for_half_the_window__moves_by_half(
    rate, pool, chain, stable, trader, poked
):
    chain.pending_timestamp = poked + WINDOW // 2
    pool.swap(stable, 10_000 * WAD, 0, trader, sender=trader)
    spot = 1 - WAD / pool.spot_price()
    at(chain, poked + WINDOW)
    assert spot == pytest.approx(0.0198, rel=1e-2)
    assert WAD - rate.stable_price()[0] == pytest.approx(spot / 2 * WAD, rel=2e-2)


def test_price__stable_bought__rises(rate, pool, chain, coin, trader, poked):
    pool.swap(coin, 1_000 * COIN, 0, trader, sender=trader)
    at(chain, poked + WINDOW)
    assert WAD < rate.stable_price()[0] < 1.01 * WAD


def test_price__whatever_is_swapped_in_its_block__does_not_move_it(
    rate, pool, chain, stable, trader, poked
):
    chain.pending_timestamp = poked + WINDOW
    pool.swap(stable, 5 * 10**6 * WAD, 0, trader, sender=trader)
    assert pool.spot_price() > 30 * WAD
    assert rate.stable_price() == (WAD, True)


def test_price__an_average_too_old__is_not_valid(rate, pool, chain, stable, trader, poked):
    pool.swap(stable, 100_000 * WAD, 0, trader, sender=trader)
    at(chain, poked + 3 * WINDOW)
    assert rate.stable_price()[1]
    at(chain, poked + 3 * WINDOW + 1)
    assert not rate.stable_price()[1]


def test_price__asked_inside_a_swap__is_what_it_was_before(
    create, owner, stable, curve, chain, trader, attacker
):
    """The pool is locked but tells its price."""
    coin = create("ReentrantToken", "C", "C", 18)
    pool = create("AmmPool", coin, stable, 0)
    for token in (coin, stable):
        token.mint(trader, 20 * WAD, sender=owner)
        token.approve(pool, MAX_UINT256, sender=trader)
    pool.add_liquidity(WAD, 11 * WAD // 10, 0, trader, sender=trader)
    average = create("PoolOracle", [pool], WINDOW)
    rate = create("PegRate", curve, average, coin, 10 * WAD, 50 * PERCENT)
    average.poke(coin, sender=owner)
    at(chain, chain.blocks.head.timestamp + WINDOW)
    before = rate.stable_price()
    assert before[0] < 0.91 * WAD
    coin.arm(rate, rate.stable_price.encode_input(), sender=attacker)
    pool.swap(coin, WAD // 10, 0, trader, sender=trader)
    assert coin.succeeded()
    assert decode(["uint256", "bool"], coin.answer()) == before
