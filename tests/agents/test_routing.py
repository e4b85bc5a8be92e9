"""Between a pool and a venue: the best split of a sale, and the best trade between the two."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import routing
from agents.market import Pool
from sim.market.book import Book
from sim.market.venue import Venue
from sim.scenario import VenueTerms

WAD = 10**18


def pool(price: float = 200.0, depth: float = 5e6) -> Pool:
    return Pool(int(depth / price * WAD), int(depth * WAD), 0.003)


def book(model: str = "depth", scale: float = 0.1) -> Book:
    return Venue(VenueTerms(model=model, scale=scale), 18, 200.0).book


def brings(one: Pool, other: Book, to_pool: int, to_venue: int) -> int:
    return one.quote(False, to_pool) + other.quote(False, to_venue)


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    st.sampled_from(["depth", "book"]),
    st.floats(0.02, 2),
    st.floats(190, 210),
    st.floats(1e-3, 2e5),
    st.floats(0, 1),
)
def test_split__any_other__brings_less(model, scale, price, amount, share):
    one, other, units = pool(price), book(model, scale), int(amount * WAD)
    to_pool, to_venue = routing.split(one, other, units)
    assert to_pool + to_venue == units
    assert min(to_pool, to_venue) >= 0
    found = brings(one, other, to_pool, to_venue)
    instead = int(units * share)
    assert found >= brings(one, other, instead, units - instead) * (1 - 1e-6)
    assert routing.quote(one, other, units) == found


def test_split__both_used__the_last_unit_pays_the_same():
    one, other = pool(), book()
    to_pool, to_venue = routing.split(one, other, 5_000 * WAD)
    keep = 1 - one.fee
    reserve = one.collateral + to_pool * keep
    marginal = one.collateral * one.stable * keep / reserve**2
    assert other.after(False, to_venue).price(False) == pytest.approx(marginal, rel=1e-5)


def test_split__no_pool_or_an_empty_one__all_to_the_venue():
    assert routing.split(None, book(), WAD) == (0, WAD)
    assert routing.split(Pool(0, 0, 0.003), book(), WAD) == (0, WAD)


@pytest.mark.parametrize("price", [190.0, 199.0, 201.0, 215.0])
@pytest.mark.parametrize("model", ["depth", "book"])
def test_gap__trades_until_the_prices_meet__and_no_size_earns_more(price, model):
    one, other = pool(price), book(model)
    sell_stable, amount = routing.gap(one, other)
    assert sell_stable == (price < 200)

    def earned(size: int) -> float:
        got = one.quote(sell_stable, size)
        if sell_stable:
            return (other.quote(False, got) - size) / WAD
        return (other.quote(True, got) - size) / WAD * 200

    best = earned(amount)
    assert best > 0
    for factor in (0.0, 0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
        assert earned(int(amount * factor)) <= best * (1 + 1e-3)


def test_gap__spreads_overlap__nothing():
    assert routing.gap(pool(200.3), book()) == (False, 0)
    assert routing.gap(pool(199.7), book()) == (False, 0)
