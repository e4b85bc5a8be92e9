"""The deviation guard of post."""

import ape
import pytest

from sim.units import WAD

ETH = 2000 * WAD


@pytest.fixture
def settled(oracle, token, reporter, reporter_2, reporter_3):
    """All three agree on 2,000; the guard is 20 %."""
    for who in (reporter, reporter_2, reporter_3):
        oracle.post([token], [ETH], sender=who)
    return oracle


def post(oracle, token, price, *reporters):
    for who in reporters:
        receipt = oracle.post([token], [price], sender=who)
    return receipt


@pytest.mark.parametrize("target", [ETH * 12 // 10, ETH * 8 // 10])
def test_guard__move_of_exactly_the_guard__is_accepted(
    settled, token, reporter, reporter_2, target
):
    post(settled, token, target, reporter, reporter_2)
    assert settled.price(token) == (target, True)


@pytest.mark.parametrize(
    ("target", "limit"), [(ETH * 12 // 10 + 1, ETH * 12 // 10), (ETH * 8 // 10 - 1, ETH * 8 // 10)]
)
def test_guard__move_beyond_it__stops_there_and_is_not_valid(
    settled, token, reporter, reporter_2, target, limit
):
    receipt = post(settled, token, target, reporter, reporter_2)
    assert settled.price(token) == (limit, False)
    assert settled.updated_at(token) == receipt.timestamp
    guarded, posted = receipt.events
    assert guarded == settled.PriceGuarded(asset=token, median=target, price=limit)
    assert posted.price == limit


def test_guard__first_price__has_none(oracle, token, reporter, reporter_2):
    post(oracle, token, 10**6 * WAD, reporter, reporter_2)
    assert oracle.price(token) == (10**6 * WAD, True)


def test_guard__crash_of_half__is_followed_a_guard_a_second(
    settled, token, reporter, reporter_2, reporter_3
):
    half = ETH // 2
    steps = []
    for who in (reporter, reporter_2, reporter_3, reporter, reporter_2):
        settled.post([token], [half], sender=who)
        steps.append(settled.price(token))
    assert steps == [
        (2000 * WAD, True),  # outvoted
        (1600 * WAD, False),
        (1280 * WAD, False),
        (1024 * WAD, False),
        (1000 * WAD, True),
    ]


def test_guard__many_posts_of_a_second__move_no_further_than_one(
    settled, token, owner, reporter, reporter_2
):
    settled.post([token], [ETH * 4], sender=reporter)
    receipt = settled.post([token] * 8, [ETH * 4] * 8, sender=reporter_2)
    assert settled.price(token) == (ETH * 12 // 10, False)
    assert [event.price for event in receipt.decode_logs(settled.Posted)] == [ETH * 12 // 10] * 8
    settled.post([token] * 3, [1, ETH * 4, ETH * 4], sender=reporter_2)
    assert settled.price(token) == (ETH * 144 // 100, False)


def test_guard__next_post_back_inside__is_valid_again(settled, token, reporter, reporter_2):
    post(settled, token, ETH * 2, reporter, reporter_2)
    assert settled.price(token) == (ETH * 12 // 10, False)
    post(settled, token, ETH * 11 // 10, reporter)
    # The median of 2,200, 4,000 and 2,000 is within 20 % of the 2,400 the guard stopped at.
    assert settled.price(token) == (ETH * 11 // 10, True)


def test_guard__turned_off__lets_any_move_pass(settled, token, owner, reporter, reporter_2):
    settled.set_asset(token, 3600, 0, 2, sender=owner)
    post(settled, token, 1, reporter, reporter_2)
    assert settled.price(token) == (1, True)


def test_guard__price_of_a_few_units__still_moves(settled, token, owner, reporter, reporter_2):
    settled.set_asset(token, 3600, 0, 2, sender=owner)
    post(settled, token, 3, reporter, reporter_2)
    settled.set_asset(token, 3600, WAD // 5, 2, sender=owner)
    # 20 % of 3 is less than a unit: a step is one unit at least.
    post(settled, token, 9, reporter)
    assert settled.price(token) == (4, False)
    post(settled, token, 9, reporter_2)
    assert settled.price(token) == (5, False)


def test_guard__after_an_outage__holds_against_the_last_price(
    settled, token, chain, reporter, reporter_2
):
    chain.pending_timestamp = chain.blocks.head.timestamp + 10**6
    post(settled, token, ETH * 2, reporter)
    assert settled.price(token) == (ETH, False)
    post(settled, token, ETH * 2, reporter_2)
    assert settled.price(token) == (ETH * 12 // 10, False)


def test_guard__stranger_cannot_loosen_it(settled, token, attacker):
    with ape.reverts("ownable: caller is not the owner"):
        settled.set_asset(token, 3600, 0, 1, sender=attacker)
