import random

import ape
import pytest

from sim.units import WAD
from tests.contracts.periphery.reference import Median

ETH = 2000 * WAD


@pytest.fixture(scope="module")
def second(create, owner, oracle):
    other = create("MockToken", "Bitcoin", "BTC", 8)
    oracle.set_asset(other, 3600, 0, 1, sender=owner)
    return other


def test_post__median_of_three(oracle, token, reporter, reporter_2, reporter_3):
    for who, price in ((reporter, 2010), (reporter_2, 1990), (reporter_3, 2003)):
        receipt = oracle.post([token], [price * WAD], sender=who)
    assert oracle.price(token) == (2003 * WAD, True)
    assert oracle.updated_at(token) == receipt.timestamp
    assert oracle.report_of(token, reporter_2)[0] == 1990 * WAD
    assert receipt.events == [
        oracle.Posted(asset=token, reporter=reporter_3, report=2003 * WAD, price=2003 * WAD)
    ]


def test_post__median_of_two__is_their_mean_rounded_down(oracle, token, reporter, reporter_2):
    oracle.post([token], [ETH], sender=reporter)
    oracle.post([token], [ETH + 3], sender=reporter_2)
    assert oracle.price(token) == (ETH + 1, True)


def test_post__several_assets_at_once(oracle, token, second, reporter):
    receipt = oracle.post([token, second], [ETH, 30_000 * WAD], sender=reporter)
    assert oracle.price(second) == (30_000 * WAD, True)
    assert oracle.price(token) == (0, False)  # one of a quorum of two
    assert [log.price for log in receipt.events] == [0, 30_000 * WAD]


def test_post__nothing__is_nothing(oracle, reporter):
    assert oracle.post([], [], sender=reporter).events == []


def test_post__one_liar_among_three__is_outvoted(oracle, token, reporter, reporter_2, reporter_3):
    for who in (reporter, reporter_2):
        oracle.post([token], [ETH], sender=who)
    for lie in (1, 10 * ETH, 2**88 - 1):
        oracle.post([token], [lie], sender=reporter_3)
        assert oracle.price(token) == (ETH, True)


def test_post__liar_reporting_one_asset_many_times__is_outvoted(
    oracle, token, reporter, reporter_2, reporter_3
):
    for who in (reporter, reporter_2):
        oracle.post([token], [ETH], sender=who)
    oracle.post([token] * 8, [ETH * 8] * 8, sender=reporter_3)
    assert oracle.price(token) == (ETH, True)


@pytest.mark.parametrize(("price", "accepted"), [(2**88 - 1, True), (2**88, False)])
def test_post__largest_price(oracle, second, reporter, price, accepted):
    if accepted:
        oracle.post([second], [price], sender=reporter)
        assert oracle.price(second) == (price, True)
    else:
        with ape.reverts("oracle: price too large"):
            oracle.post([second], [price], sender=reporter)


def test_post__zero__reverts(oracle, token, reporter):
    with ape.reverts("oracle: zero price"):
        oracle.post([token], [0], sender=reporter)


def test_post__stranger__reverts(oracle, token, stranger):
    with ape.reverts("oracle: caller is not a reporter"):
        oracle.post([token], [ETH], sender=stranger)


def test_post__owner__reverts(oracle, token, owner):
    with ape.reverts("oracle: caller is not a reporter"):
        oracle.post([token], [ETH], sender=owner)


def test_post__unlisted_asset__reverts(oracle, coin, reporter):
    with ape.reverts("oracle: asset is not listed"):
        oracle.post([coin], [WAD], sender=reporter)


def test_post__lengths_differ__reverts(oracle, token, reporter):
    with ape.reverts("oracle: lengths differ"):
        oracle.post([token], [ETH, ETH], sender=reporter)


def test_post__bad_price_among_good_ones__changes_nothing(oracle, token, second, reporter):
    with ape.reverts("oracle: zero price"):
        oracle.post([second, token], [30_000 * WAD, 0], sender=reporter)
    assert oracle.price(second) == (0, False)


@pytest.mark.parametrize("seed", range(3))
def test_post__random_history__agrees_with_the_definition(
    oracle, token, owner, chain, reporter, reporter_2, reporter_3, seed
):
    """Jumps, gaps beyond the age limit, and every mixture of fresh reporters."""
    draw = random.Random(seed)
    max_age, guard, quorum = draw.choice([30, 90]), draw.choice([0, WAD // 10]), 1 + seed % 3
    oracle.set_asset(token, max_age, guard, quorum, sender=owner)
    expected = Median(max_age, guard, quorum)
    now, price = chain.blocks.head.timestamp, ETH
    for _ in range(25):
        now += draw.choice([1, 12, 31, 60, 91])
        price = max(
            1, int(price * draw.choice([0.7, 0.95, 1, 1.01, 1.06, 1.4])) + draw.randint(-9, 9)
        )
        who = draw.choice([reporter, reporter_2, reporter_3])
        chain.pending_timestamp = now
        oracle.post([token], [price], sender=who)
        expected.post(who.address, price, now)
        assert oracle.price(token) == (expected.price, expected.valid(now))
        assert oracle.updated_at(token) == expected.updated_at


def test_post__three_reporters_one_asset__costs_less_than_50k_gas(
    oracle, token, chain, reporter, reporter_2, reporter_3
):
    for price in (ETH, ETH + 10**16, ETH - 10**16):
        for who in (reporter, reporter_2, reporter_3):
            gas = oracle.post([token], [price], sender=who).gas_used
    assert gas < 50_000
