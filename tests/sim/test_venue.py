"""The venue outside: what its books pay, what trades do to them, and what time brings back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.market.venue import Venue
from sim.scenario import VenueTerms

WAD = 10**18
PRICE = 200.0
TABLE = {0.01: 24e6, 0.02: 47e6, 0.05: 100e6}
"""DEX depth of WETH to USDC in calm."""


def venue(model: str = "depth", decimals: int = 18, **terms: Any) -> Venue:
    return Venue(VenueTerms(model=model, **{"fee": 0.0, **terms}), decimals, PRICE)


def tokens(usd: float, decimals: int = 18) -> int:
    return int(usd / PRICE * 10**decimals)


# ----------------------------------------------------------------------------- depth


@pytest.mark.parametrize(("distance", "usd"), TABLE.items())
def test_depth__the_calibrated_amount_sold__moves_the_price_by_its_distance(distance, usd):
    one = venue()
    assert one.depth(distance) == pytest.approx(usd, rel=1e-9)
    taken, _ = one.fill(False, tokens(usd))
    assert taken == tokens(usd)
    assert one.price == pytest.approx(PRICE * (1 - distance), rel=1e-9)


def test_depth__sale__pays_the_area_under_the_book():
    """To 1 % evenly, so half a percent less on average; then 1.5 % for the next 23 million."""
    paid = venue().book.quote(False, tokens(47e6)) / WAD
    assert paid == pytest.approx(24e6 * 0.995 + 23e6 * 0.985, rel=1e-12)


def test_depth__beyond_the_last_tier__as_deep_as_before_it():
    """53 million from 2 to 5 %, so another 53 to 8 %."""
    one = venue()
    one.fill(False, tokens(153e6))
    assert one.price == pytest.approx(PRICE * 0.92, rel=1e-9)


def test_fill__more_than_the_whole_book__the_rest_is_not_taken():
    one = venue()
    whole = tokens(100e6 + 90 / 3 * 53e6)
    taken, paid = one.fill(False, 2 * whole)
    assert taken == pytest.approx(whole, rel=1e-9)
    assert paid > 0
    assert one.fill(False, WAD) == (0, 0)
    assert one.price == pytest.approx(PRICE * 0.05, rel=1e-9)


@pytest.mark.parametrize("decimals", [18, 8, 6])
def test_decimals__any__the_same_usd(decimals):
    one = venue(decimals=decimals)
    taken, paid = one.fill(False, tokens(24e6, decimals))
    assert taken == tokens(24e6, decimals)
    assert paid / WAD == pytest.approx(24e6 * 0.995, rel=1e-6)
    assert one.price == pytest.approx(198, rel=1e-6)


@pytest.mark.parametrize(("scale", "stress"), [(0.5, 2), (0.25, 4)])
def test_scale__of_stress__divides_the_depth(scale, stress):
    assert venue(scale=scale).depth(0.01) == pytest.approx(24e6 / stress, rel=1e-9)


# --------------------------------------------------------------------- order tiers


def test_book__orders_at_levels__each_pays_its_own_price():
    """24 million at 1 % and as much again at 2 %: half of the spread is the first level."""
    terms = {"depth": [(0.01, 24e6)], "levels": [0.01, 0.02]}
    one = venue("book", **terms)
    paid = one.book.quote(False, tokens(36e6)) / WAD
    assert paid == pytest.approx(24e6 * 0.99 + 12e6 * 0.98, rel=1e-12)


def test_book__part_of_the_first_order_hit__the_price_stands():
    one = venue("book")
    one.fill(False, tokens(1e6))
    assert one.price == PRICE
    one.fill(False, tokens(1e6))
    assert one.price == pytest.approx(PRICE * (1 - 0.0005), rel=1e-12)


def test_book__at_its_levels__as_deep_as_the_depth_it_is_made_of():
    for level in (0.01, 0.02, 0.03, 0.05):
        smooth, steps = venue(), venue("book")
        price = PRICE * (1 - level) * (1 - 1e-9)
        amount = smooth.book.room(False, price)
        assert steps.book.room(False, price) == pytest.approx(amount, rel=1e-6)


# ------------------------------------------------------------------------ volatility


@pytest.mark.parametrize(("volatility", "thinner"), [(2.45, 2), (3.67, 4)])
def test_volatility__stress_of_the_calibration__thins_about_as_calibrated(volatility, thinner):
    """Depth is divided by 2 and by 4; the power law between the two is 25 % off either."""
    one = venue()
    one.advance(PRICE, volatility, 12)
    assert 24e6 / one.depth(0.01) == pytest.approx((volatility / 0.75) ** 0.77, rel=1e-6)
    assert 24e6 / one.depth(0.01) == pytest.approx(thinner, rel=0.25)


def test_volatility__beyond_the_calibration__leaves_the_thinnest():
    one = venue(thinnest=0.2)
    one.advance(PRICE, 1_000.0, 12)
    assert one.depth(0.01) == pytest.approx(24e6 * 0.2, rel=1e-6)


@pytest.mark.parametrize("model", ["depth", "book"])
def test_volatility__alone__does_not_move_the_price(model):
    """Orders move away from where the price is; a book's by less than a level."""
    one = venue(model, permanent=0.0, half_life=1e15)
    one.fill(False, tokens(60e6))
    before = one.price
    for volatility in (3.0, 0.0, 1.0, 0.0):
        one.advance(PRICE, volatility, 12)
        within = 1e-9 if model == "depth" else 0.011
        assert one.price == pytest.approx(before, rel=within)


def test_volatility__weighted_tiers__wider_and_smaller_in_equal_parts():
    one = venue("book", volatility_weight=1.0)
    one.advance(PRICE, 4 * 0.75, 12)
    assert PRICE - one.book.price(False) == pytest.approx(2 * PRICE * 0.0005)
    first = one.book.room(False, one.book.price(False) * (1 - 1e-9))
    assert first == pytest.approx(tokens(1.2e6) / 2, rel=1e-9)


def test_volatility__static_tiers_or_calm__nothing_changes():
    still = venue("book").book
    for weight, volatility in ((0.0, 5.0), (0.77, 0.1)):
        one = venue("book", volatility_weight=weight)
        one.advance(PRICE, volatility, 12)
        assert one.book == still


# ------------------------------------------------------------------------ resilience


def test_resilience__half_of_the_impact__is_gone_after_its_half_life():
    one = venue(half_life=600, permanent=0.0)
    one.fill(False, tokens(24e6))
    one.advance(PRICE, 0.0, 600)
    assert one.price == pytest.approx(PRICE * 0.995, rel=1e-9)
    one.advance(PRICE, 0.0, 6_000)
    assert one.price == pytest.approx(PRICE, rel=1e-4)


def test_resilience__permanent_part__stays():
    """A quarter of the 1 % that 24 million move."""
    one = venue(permanent=0.25)
    one.fill(False, tokens(24e6))
    assert one.price == pytest.approx(PRICE * 0.99)
    for _ in range(100):
        one.advance(PRICE, 0.0, 600)
    assert one.price == pytest.approx(PRICE * 0.9975, rel=1e-5)


def test_permanent__linear_in_what_was_sold__whatever_the_pieces():
    """Else a large sale and small purchases would leave a price that pays for both."""
    ends = []
    for pieces in (1, 10):
        one = venue(permanent=0.25)
        for _ in range(pieces):
            one.fill(False, tokens(90e6) // pieces)
            for _ in range(100):
                one.advance(PRICE, 0.0, 600)
        ends.append(one.price)
    assert ends[0] == pytest.approx(ends[1], rel=1e-4)


def test_advance__the_path_moves__its_impact_goes_along():
    one = venue(permanent=0.0, half_life=1e15)
    one.fill(False, tokens(24e6))
    one.advance(100.0, 0.0, 12)
    assert one.price == pytest.approx(99.0, rel=1e-9)


# ------------------------------------------------------------------------ what must hold

books = st.builds(
    venue,
    st.sampled_from(["depth", "book"]),
    st.sampled_from([18, 8]),
    scale=st.floats(0.05, 2),
    fee=st.floats(0, 0.01),
)
sizes = st.floats(1e3, 4e8)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(books, st.lists(sizes, min_size=1, max_size=6), st.floats(0, 5))
def test_round_trip__sold_and_bought_back__never_pays(one, amounts, volatility):
    """Neither the book nor its order of trades gives anything away."""
    one.advance(PRICE, volatility, 12)
    unit = 10**18 if one.book.middle == PRICE else 10**8
    sold = stable = 0
    for usd in amounts:
        taken, paid = one.fill(False, int(usd / PRICE * unit))
        sold, stable = sold + taken, stable + paid
    _, bought = one.fill(True, stable)
    assert bought <= sold * (1 + 1e-12) + 1


@settings(max_examples=60, derandomize=True, deadline=None)
@given(books, sizes, sizes)
def test_quote__in_one_or_in_two__is_the_same_and_moves_the_price_once(one, first, second):
    unit = 10**18 if one.book.middle == PRICE else 10**8
    amounts = [int(usd / PRICE * unit) for usd in (first, second)]
    whole = one.book.fill(False, sum(amounts))
    parts = [one.fill(False, amount) for amount in amounts]
    assert sum(taken for taken, _ in parts) == pytest.approx(whole[0], rel=1e-9)
    assert sum(paid for _, paid in parts) == pytest.approx(whole[1], rel=1e-9)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(books, st.floats(1e3, 1e7), st.booleans(), st.floats(0.0001, 0.2))
def test_room__traded__the_next_unit_is_at_the_price_or_beyond(one, before, buying, away):
    unit = 10**18 if one.book.middle == PRICE else 10**8
    one.fill(False, int(before / PRICE * unit))
    now = one.book.price(buying)
    price = now * (1 + away if buying else 1 - away)
    room = one.book.room(buying, price)
    beyond = one.book.after(buying, round(room * (1 + 1e-9)) + 10).price(buying)
    within = one.book.after(buying, round(room * 0.999)).price(buying)
    if buying:
        assert now <= within <= price <= beyond * (1 + 1e-6)
    else:
        assert now >= within >= price >= beyond * (1 - 1e-6)
    assert one.book.room(buying, now * (1 - 1e-9 if buying else 1 + 1e-9)) == 0
