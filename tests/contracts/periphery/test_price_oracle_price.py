"""price: its age, its quorum, and that it never reverts."""

import pytest

from sim.units import WAD

ETH = 2000 * WAD
MAX_AGE = 3600


def at(chain, timestamp):
    chain.pending_timestamp = timestamp
    chain.mine()


def test_price__unlisted_asset__is_zero_and_not_valid(oracle, coin):
    assert oracle.price(coin) == (0, False)


def test_price__listed_without_reports__is_zero_and_not_valid(oracle, token):
    assert oracle.price(token) == (0, False)


def test_price__fewer_reports_than_the_quorum__is_not_valid(oracle, token, reporter):
    oracle.post([token], [ETH], sender=reporter)
    assert oracle.price(token) == (0, False)
    assert oracle.updated_at(token) == 0


@pytest.mark.parametrize(("age", "valid"), [(MAX_AGE, True), (MAX_AGE + 1, False)])
def test_price__ends_when_the_quorum_is_lost_to_age(
    oracle, token, chain, reporter, reporter_2, reporter_3, age, valid
):
    """With three reports and a quorum of two, that is when the second newest is too old."""
    start = chain.blocks.head.timestamp
    for delay, who in ((100, reporter), (200, reporter_2), (300, reporter_3)):
        chain.pending_timestamp = start + delay
        oracle.post([token], [ETH], sender=who)
    at(chain, start + 200 + age)
    assert oracle.price(token) == (ETH, valid)


def test_price__stale_reports_do_not_count_in_the_median(
    oracle, token, chain, reporter, reporter_2, reporter_3
):
    oracle.post([token], [ETH * 9 // 10], sender=reporter)
    at(chain, chain.blocks.head.timestamp + MAX_AGE + 1)
    oracle.post([token], [ETH], sender=reporter_2)
    oracle.post([token], [ETH + 2 * WAD], sender=reporter_3)
    assert oracle.price(token) == (ETH + WAD, True)


def test_price__below_the_quorum__stays_where_it_was(oracle, token, chain, reporter, reporter_2):
    """A single reporter left alone cannot lead the price away."""
    for who in (reporter, reporter_2):
        oracle.post([token], [ETH], sender=who)
    updated_at = oracle.updated_at(token)
    at(chain, chain.blocks.head.timestamp + MAX_AGE + 1)
    oracle.post([token], [ETH * 11 // 10], sender=reporter)
    assert oracle.price(token) == (ETH, False)
    assert oracle.updated_at(token) == updated_at


def test_price__after_a_gap__is_valid_again_with_the_quorum(
    oracle, token, chain, reporter, reporter_2
):
    for who in (reporter, reporter_2):
        oracle.post([token], [ETH], sender=who)
    at(chain, chain.blocks.head.timestamp + 10 * MAX_AGE)
    assert oracle.price(token) == (ETH, False)
    for who in (reporter, reporter_2):
        oracle.post([token], [ETH * 11 // 10], sender=who)
    assert oracle.price(token) == (ETH * 11 // 10, True)
