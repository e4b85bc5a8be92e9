"""When a reporter posts: heartbeat and deviation, one post on its way at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.intent import Bid, Post
from agents.market import Market
from agents.oracle import Reporter
from agents.view import View
from tests.agents.views import (
    ADDRESS,
    BTC,
    GWEI,
    MARKET,
    POOL,
    TERMS,
    WAD,
    market,
    sent,
    someone,
    view,
)

HEARTBEAT = 3_600
LAST = (1_000.0, (200 * WAD,))
"""It reported 200 USD at 1,000 s."""


def reporter(deviation: float = 0.005, headroom: float = 2.0, **faults: Any) -> Reporter:
    return Reporter(
        someone(),
        "reporter-0",
        ADDRESS,
        heartbeat=HEARTBEAT,
        deviation=deviation,
        tip_gwei=2.0,
        headroom=headroom,
        latency_blocks=1,
        **faults,
    )


def seen(price: float, time: float = 1_012.0) -> View:
    return view(market=market(prices=(price,), time=time), reported=LAST)


def test_decide__never_reported__posts() -> None:
    (post,) = reporter().decide(view())
    assert post == Post(bid=post.bid, prices=(200 * WAD,))


@pytest.mark.parametrize("price", [200.0, 199.01, 200.99])
def test_decide__small_move_before_the_heartbeat__is_silent(price: float) -> None:
    assert not reporter().decide(seen(price))


@pytest.mark.parametrize("price", [199.0, 201.0, 100.0, 400.0])
def test_decide__move_of_the_deviation__posts_the_new_price(price: float) -> None:
    (post,) = reporter().decide(seen(price))
    assert isinstance(post, Post)
    assert post.prices == (round(price * WAD),)


def test_decide__heartbeat__posts_an_unmoved_price() -> None:
    assert not reporter().decide(seen(200.0, LAST[0] + HEARTBEAT - 1))
    assert reporter().decide(seen(200.0, LAST[0] + HEARTBEAT))


def test_decide__a_post_on_its_way__sends_no_other() -> None:
    waiting = (Post(bid=Bid(tip=1, max_fee=2), prices=(200 * WAD,)),)
    assert not reporter().decide(replace(seen(100.0), pending=sent(*waiting)))


def test_decide__one_of_two_assets_moved__posts_both() -> None:
    both: Market = replace(
        MARKET,
        terms=replace(TERMS, assets=(*TERMS.assets, BTC)),
        prices=(200.0, 5_100.0),
        oracle=(200 * WAD, 5_000 * WAD),
        oracle_valid=(True, True),
        pools=(POOL, None),
    )
    (post,) = reporter().decide(
        view(market=both, reported=(both.time - 12, (200 * WAD, 5_000 * WAD)))
    )
    assert isinstance(post, Post)
    assert post.prices == (200 * WAD, 5_100 * WAD)


def test_decide__bids_a_multiple_of_the_base_fee_it_sees() -> None:
    """Its budget: when the base fee outruns it, the post waits and the oracle is late."""
    (post,) = reporter(headroom=1.25).decide(seen(100.0))
    assert post.bid == Bid(tip=2 * GWEI, max_fee=17 * GWEI)


def test_decide__in_its_silence__posts_nothing_and_goes_on_afterwards() -> None:
    mute = reporter(silence=(1_000.0, 2_000.0))
    assert mute.decide(seen(100.0, 999.0))
    assert not mute.decide(seen(100.0, 1_000.0))
    assert not mute.decide(replace(view(market=market(time=1_500.0)), reported=None))
    assert not mute.decide(seen(100.0, 1_999.0))
    assert mute.decide(seen(100.0, 2_000.0))


def test_decide__lies__report_a_multiple_and_hold_it_against_the_last_report() -> None:
    liar = reporter(lie_factor=0.5, lies_from=1_012.0)
    assert not liar.decide(seen(200.0, 1_000.0))
    (post,) = liar.decide(seen(200.0, 1_012.0))
    assert isinstance(post, Post)
    assert post.prices == (100 * WAD,)
    told = replace(seen(200.0, 1_024.0), reported=(1_012.0, post.prices))
    assert not liar.decide(told)
