"""poke and price."""

import ape
import pytest

from sim.units import WAD

PERIOD = 3600


@pytest.fixture(scope="module")
def delayed(create, feed):
    return create("DelayedOracle", feed, PERIOD)


@pytest.fixture
def clock(chain):
    """``clock(t)`` sets the next block's time, in seconds from now."""
    start = chain.blocks.head.timestamp

    def clock(seconds, *, mine=False):
        chain.pending_timestamp = start + seconds
        if mine:
            chain.mine()

    return clock


def say(feed, token, price, actor, *, valid=True):
    feed.set_price(token, price * WAD, valid, sender=actor)


def test_price__never_poked__is_not_valid(delayed, token):
    assert delayed.price(token) == (0, False)


def test_price__poked_once__waits(delayed, token, stranger):
    delayed.poke(token, sender=stranger)
    assert delayed.price(token) == (0, False)
    assert delayed.waiting(token)[0] == 2000 * WAD


def test_price__is_what_the_source_said_a_period_ago(delayed, feed, token, clock, stranger):
    for i, price in enumerate((2000, 1900, 1500, 1600)):
        say(feed, token, price, stranger)
        clock(100 + i * PERIOD)
        receipt = delayed.poke(token, sender=stranger)
        shown = (0, 2000, 1900, 1500)[i]
        assert delayed.price(token) == (shown * WAD, i > 0)
        assert receipt.events == [
            delayed.Poked(asset=token, shown=shown * WAD, waiting=price * WAD)
        ]


def test_poke__before_a_period_has_passed__reverts(delayed, token, clock, stranger):
    clock(100)
    delayed.poke(token, sender=stranger)
    clock(100 + PERIOD - 1)
    with ape.reverts("delayed: too early"):
        delayed.poke(token, sender=stranger)
    clock(100 + PERIOD + 1)
    delayed.poke(token, sender=stranger)


def test_poke__source_not_valid__keeps_what_is_shown(delayed, feed, token, clock, stranger):
    for i in range(2):
        clock(100 + i * PERIOD)
        delayed.poke(token, sender=stranger)
    clock(100 + 2 * PERIOD)
    say(feed, token, 1, stranger, valid=False)
    with ape.reverts("delayed: source is not valid"):
        delayed.poke(token, sender=stranger)
    assert delayed.price(token) == (2000 * WAD, True)
    say(feed, token, 1800, stranger)
    delayed.poke(token, sender=stranger)
    assert delayed.waiting(token)[0] == 1800 * WAD


@pytest.mark.parametrize(("age", "valid"), [(3 * PERIOD, True), (3 * PERIOD + 1, False)])
def test_price__not_poked_for_three_periods__is_not_valid(
    delayed, token, clock, stranger, age, valid
):
    clock(100)
    delayed.poke(token, sender=stranger)
    clock(100 + PERIOD)
    delayed.poke(token, sender=stranger)
    clock(100 + age, mine=True)
    assert delayed.price(token) == (2000 * WAD, valid)


def test_price__after_a_long_gap__a_stale_reading_is_not_shown_as_valid(
    delayed, feed, token, clock, stranger
):
    clock(100)
    delayed.poke(token, sender=stranger)
    say(feed, token, 1500, stranger)
    clock(100 + 10 * PERIOD)
    delayed.poke(token, sender=stranger)
    assert delayed.price(token) == (2000 * WAD, False)
    clock(100 + 11 * PERIOD)
    delayed.poke(token, sender=stranger)
    assert delayed.price(token) == (1500 * WAD, True)


def test_poke__of_one_asset__leaves_others(delayed, feed, token, coin, stranger):
    delayed.poke(token, sender=stranger)
    assert delayed.waiting(coin) == (0, 0)
    say(feed, coin, 1, stranger)
    delayed.poke(coin, sender=stranger)
    assert delayed.waiting(coin)[0] == WAD


@pytest.mark.parametrize("period", [0, 365 * 86_400 + 1])
def test_period_out_of_range__is_refused(create, feed, period):
    with ape.reverts("delayed: period out of range"):
        create("DelayedOracle", feed, period)


def test_zero_source__is_refused(create):
    with ape.reverts("delayed: zero source"):
        create("DelayedOracle", "0x" + "00" * 20, PERIOD)
