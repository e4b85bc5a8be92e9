"""price and poke, of the spot and of the time-weighted kind."""

from fractions import Fraction
from math import floor

import ape
import pytest
from eth_abi import decode

from sim.units import MAX_UINT256, WAD
from tests.contracts.periphery.reference import followed

WINDOW = 1800


@pytest.fixture(scope="module")
def spot(create, pool):
    return create("PoolOracle", [pool], 0)


@pytest.fixture(scope="module")
def average(create, pool):
    return create("PoolOracle", [pool], WINDOW)


def at(chain, timestamp):
    chain.pending_timestamp = timestamp
    chain.mine()


def test_spot__is_the_pools(spot, pool, token, stable, trader):
    assert spot.price(token) == (2000 * WAD, True)
    pool.swap(stable, 400_000 * WAD, 0, trader, sender=trader)
    assert spot.price(token) == (pool.spot_price(), True)
    assert spot.price(token)[0] > 2800 * WAD  # one swap is enough


def test_price__asset_without_a_pool__is_zero_and_not_valid(spot, average, coin):
    assert spot.price(coin) == average.price(coin) == (0, False)


def test_spot__empty_pool__is_not_valid(create, empty_pool, token):
    assert create("PoolOracle", [empty_pool], 0).price(token) == (0, False)


def test_price__pool_bought_empty__is_not_more_than_any_price_may_be(
    create, empty_pool, token, stable, owner, chain, stranger
):
    """One unit against 2^88 - 1 wei and a thousand units is a price of 10^18 times as many."""
    for paid in (token, stable):
        paid.mint(owner, 2**89, sender=owner)
        paid.approve(empty_pool, MAX_UINT256, sender=owner)
    empty_pool.add_liquidity(2_000, 2_000, 0, owner, sender=owner)
    most = 2**88 - 1
    spot, average = create("PoolOracle", [empty_pool], 0), create("PoolOracle", [empty_pool], 1)
    empty_pool.swap(stable, most, 0, owner, sender=owner)
    assert empty_pool.spot_price() > most
    average.poke(token, sender=stranger)
    at(chain, chain.blocks.head.timestamp + 3)
    assert spot.price(token) == (most, False)
    shown, valid = average.price(token)
    assert valid
    assert WAD < shown < 1.05 * WAD  # which the average has hardly noticed


def test_average__of_a_price_that_is_more_than_any_may_be__is_not_valid(
    create, empty_pool, token, stable, owner, chain, stranger
):
    for paid in (token, stable):
        paid.mint(owner, 2**89, sender=owner)
        paid.approve(empty_pool, MAX_UINT256, sender=owner)
    empty_pool.add_liquidity(1, 2**88, 0, owner, sender=owner)
    average = create("PoolOracle", [empty_pool], 1)
    at(chain, average.poke(token, sender=stranger).timestamp + 2)
    assert average.price(token) == (2**88 - 1, False)


def test_spot__poke__reverts(spot, token, stranger):
    with ape.reverts("pool oracle: spot needs no checkpoint"):
        spot.poke(token, sender=stranger)


def test_average__never_poked__is_not_valid(average, token):
    assert average.price(token) == (0, False)


def test_average__needs_a_window(average, chain, token, stranger):
    poked = average.poke(token, sender=stranger).timestamp
    at(chain, poked + WINDOW - 1)
    assert average.price(token) == (0, False)
    at(chain, poked + WINDOW)
    assert average.price(token) == (2000 * WAD, True)


def test_average__weighs_each_price_by_its_time(
    average, pool, chain, token, stable, trader, stranger
):
    poked = average.poke(token, sender=stranger).timestamp
    chain.pending_timestamp = poked + 1000
    pool.swap(stable, 400_000 * WAD, 0, trader, sender=trader)
    at(chain, poked + 2000)
    after, _ = followed(2000 * WAD, pool.spot_price(), 1000)
    expected = floor(Fraction(2000 * WAD * 1000 + after, 2000))
    assert average.price(token) == (expected, True)


def test_average__price_of_this_very_block__has_no_weight(
    average, pool, chain, token, stable, trader, stranger
):
    """What one swap does to spot, it does to the average only by standing."""
    poked = average.poke(token, sender=stranger).timestamp
    chain.pending_timestamp = poked + WINDOW
    pool.swap(stable, 10**8 * WAD, 0, trader, sender=trader)
    assert pool.spot_price() > 10**6 * WAD
    assert average.price(token) == (2000 * WAD, True)


def test_average__goes_on_from_the_older_checkpoint_while_the_new_one_ripens(
    average, chain, token, stranger
):
    first = average.poke(token, sender=stranger).timestamp
    chain.pending_timestamp = first + WINDOW + 10
    average.poke(token, sender=stranger)
    assert average.price(token) == (2000 * WAD, True)
    at(chain, first + 2 * WINDOW + 9)
    assert average.price(token) == (2000 * WAD, True)


@pytest.mark.parametrize(("age", "valid"), [(3 * WINDOW, True), (3 * WINDOW + 1, False)])
def test_average__over_more_than_three_windows__is_not_valid(
    average, chain, token, stranger, age, valid
):
    poked = average.poke(token, sender=stranger).timestamp
    at(chain, poked + age)
    assert average.price(token)[1] == valid


def test_poke__before_a_window_has_passed__reverts(average, chain, token, stranger):
    poked = average.poke(token, sender=stranger).timestamp
    chain.pending_timestamp = poked + WINDOW - 1
    with ape.reverts("pool oracle: too early"):
        average.poke(token, sender=stranger)
    chain.pending_timestamp = poked + WINDOW + 1
    average.poke(token, sender=stranger)


def test_poke__when_a_window_has_just_passed(average, chain, token, stranger):
    poked = average.poke(token, sender=stranger).timestamp
    chain.pending_timestamp = poked + WINDOW
    assert average.poke(token, sender=stranger).timestamp == poked + WINDOW


def test_poke__remembers_the_cumulative_price(average, pool, token, stranger):
    receipt = average.poke(token, sender=stranger)
    cumulative, timestamp = pool.cumulative_price()
    assert receipt.events == [
        average.Checkpointed(asset=token, cumulative=cumulative, timestamp=timestamp)
    ]


def test_poke__asset_without_a_pool__reverts(average, coin, stranger):
    with ape.reverts("pool oracle: no pool of the asset"):
        average.poke(coin, sender=stranger)


def test_poke__empty_pool__reverts(create, empty_pool, token, stranger):
    """Or the time before the first deposit would count as a price of zero."""
    oracle = create("PoolOracle", [empty_pool], WINDOW)
    with ape.reverts("pool oracle: no liquidity"):
        oracle.poke(token, sender=stranger)


@pytest.mark.parametrize("window", [0, WINDOW])
def test_price__inside_a_swap__is_that_of_before_while_paid_and_of_after_when_paying(
    create, owner, stable, chain, trader, attacker, window
):
    """An average does not see a swap of this very second."""
    token = create("ReentrantToken", "T", "T", 18)
    pool = create("AmmPool", token, stable, 0)
    for each in (token, stable):
        each.mint(trader, 10 * WAD, sender=owner)
        each.approve(pool, MAX_UINT256, sender=trader)
    pool.add_liquidity(WAD, WAD, 0, trader, sender=trader)
    oracle = create("PoolOracle", [pool], window)
    if window:
        oracle.poke(token, sender=owner)
        at(chain, chain.blocks.head.timestamp + window)
    assert oracle.price(token) == (WAD, True)
    token.arm(oracle, oracle.price.encode_input(token), sender=attacker)
    pool.swap(token, WAD // 10, 0, trader, sender=trader)
    assert token.succeeded()
    assert decode(["uint256", "bool"], token.answer()) == (WAD, True)
    seen = oracle.price(token)
    pool.swap(stable, WAD // 10, 0, trader, sender=trader)
    assert token.succeeded()
    if window:
        assert decode(["uint256", "bool"], token.answer())[0] <= WAD
    else:
        assert decode(["uint256", "bool"], token.answer()) == oracle.price(token) != seen


def test_several_pools__each_prices_its_own(create, pool, stable, token, coin, owner, trader):
    other = create("AmmPool", coin, stable, 0)
    coin.mint(trader, 10**9, sender=owner)
    for each in (coin, stable):
        each.approve(other, MAX_UINT256, sender=trader)
    other.add_liquidity(10**9, 1100 * WAD, 0, trader, sender=trader)
    oracle = create("PoolOracle", [pool, other], 0)
    assert oracle.price(token) == (2000 * WAD, True)
    assert oracle.price(coin) == (11 * WAD // 10, True)


def test_two_pools_of_an_asset__are_refused(create, pool, empty_pool):
    with ape.reverts("pool oracle: two pools of an asset"):
        create("PoolOracle", [pool, empty_pool], 0)


def test_window_out_of_range__is_refused(create, pool):
    with ape.reverts("pool oracle: window out of range"):
        create("PoolOracle", [pool], 365 * 86_400 + 1)
