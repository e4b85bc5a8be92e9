"""add_liquidity and remove_liquidity."""

import random
from fractions import Fraction
from math import ceil, floor, isqrt

import ape
import pytest

from sim.units import WAD
from tests.contracts.conftest import answered

ETHER, STABLE = 1000 * WAD, 2_000_000 * WAD
LOCKED = 1000
TOTAL = isqrt(ETHER * STABLE)


def test_add__first__takes_both_whole_and_locks_a_thousand_shares(
    empty_pool, token, stable, provider
):
    answer, receipt = answered(
        empty_pool.add_liquidity, ETHER, STABLE, 0, provider, sender=provider
    )
    assert empty_pool.total_shares() == TOTAL
    assert answer == empty_pool.shares_of(provider) == TOTAL - LOCKED
    assert empty_pool.reserves() == (ETHER, STABLE)
    changed = empty_pool.LiquidityChanged(
        provider=provider, reserve0=ETHER, reserve1=STABLE, shares=TOTAL - LOCKED
    )
    assert changed in receipt.events


@pytest.mark.parametrize(("amount", "enough"), [(1001, True), (1000, False)])
def test_add__first__must_exceed_the_locked_shares(empty_pool, provider, amount, enough):
    if enough:
        empty_pool.add_liquidity(amount, amount, 1, provider, sender=provider)
        assert empty_pool.shares_of(provider) == 1
    else:
        with ape.reverts("pool: too little to start with"):
            empty_pool.add_liquidity(amount, amount, 0, provider, sender=provider)


@pytest.mark.parametrize(
    ("offer0", "offer1"),
    [
        (WAD, 2000 * WAD),
        (WAD, 10**6 * WAD),
        (500 * WAD, 2000 * WAD + 1),
        (3, 10**9),
        (10**9, 2001),
    ],
)
def test_add__later__takes_the_ratio_rounded_up_and_gives_shares_rounded_down(
    pool, token, stable, trader, stranger, offer0, offer1
):
    ratio = Fraction(STABLE, ETHER)
    if ceil(offer0 * ratio) <= offer1:
        paid0, paid1 = offer0, ceil(offer0 * ratio)
    else:
        paid0, paid1 = ceil(offer1 / ratio), offer1
    expected = min(floor(paid0 * Fraction(TOTAL, ETHER)), floor(paid1 * Fraction(TOTAL, STABLE)))
    held = token.balanceOf(trader), stable.balanceOf(trader)
    answer, _ = answered(pool.add_liquidity, offer0, offer1, expected, stranger, sender=trader)
    assert held[0] - token.balanceOf(trader) == paid0
    assert held[1] - stable.balanceOf(trader) == paid1
    assert answer == pool.shares_of(stranger) == expected
    assert pool.reserves() == (ETHER + paid0, STABLE + paid1)


def test_add__less_than_min_shares__reverts(pool, trader):
    worth = isqrt(WAD * 2000 * WAD)
    with ape.reverts("pool: less than min_shares"):
        pool.add_liquidity(WAD, 2000 * WAD, worth + 1, trader, sender=trader)


def test_add__nothing__reverts(pool, trader):
    with ape.reverts("pool: less than min_shares"):
        pool.add_liquidity(0, 0, 0, trader, sender=trader)


def test_add__for_nobody__reverts(pool, trader):
    with ape.reverts("pool: zero provider"):
        pool.add_liquidity(WAD, 2000 * WAD, 0, "0x" + "00" * 20, sender=trader)


@pytest.mark.parametrize("shares", [1, 12_345, TOTAL // 3, TOTAL - LOCKED])
def test_remove__pays_the_share_rounded_down(pool, token, stable, provider, stranger, shares):
    expected = floor(ETHER * Fraction(shares, TOTAL)), floor(STABLE * Fraction(shares, TOTAL))
    answer, receipt = answered(pool.remove_liquidity, shares, *expected, stranger, sender=provider)
    assert answer == expected
    assert (token.balanceOf(stranger), stable.balanceOf(stranger)) == expected
    assert pool.total_shares() == TOTAL - shares
    assert pool.shares_of(provider) == TOTAL - LOCKED - shares
    changed = pool.LiquidityChanged(
        provider=provider,
        reserve0=ETHER - expected[0],
        reserve1=STABLE - expected[1],
        shares=TOTAL - LOCKED - shares,
    )
    assert changed in receipt.events


def test_remove__all__leaves_what_the_locked_shares_own(pool, provider):
    pool.remove_liquidity(TOTAL - LOCKED, 0, 0, provider, sender=provider)
    assert pool.total_shares() == LOCKED
    assert min(pool.reserves()) > 0
    assert pool.spot_price() == pytest.approx(2000 * WAD, rel=0.05)


def test_remove__less_than_the_minimum__reverts(pool, provider):
    for minimum in ((ETHER, 0), (0, STABLE)):
        with ape.reverts("pool: less than the minimum"):
            pool.remove_liquidity(TOTAL - LOCKED, *minimum, provider, sender=provider)


def test_remove__more_than_held__reverts(pool, provider, stranger):
    with ape.reverts("pool: more than the caller's shares"):
        pool.remove_liquidity(TOTAL - LOCKED + 1, 0, 0, provider, sender=provider)
    with ape.reverts("pool: more than the caller's shares"):
        pool.remove_liquidity(1, 0, 0, stranger, sender=stranger)


def test_remove__empty_pool__reverts(empty_pool, stranger):
    with ape.reverts("pool: no liquidity"):
        empty_pool.remove_liquidity(0, 0, 0, stranger, sender=stranger)


@pytest.mark.parametrize("seed", range(2))
def test_adding_and_removing__never_pays(pool, token, stable, trader, seed):
    """Nor does it take from those who stay: a share is worth no less after it."""
    draw = random.Random(seed)
    held = token.balanceOf(trader), stable.balanceOf(trader)
    worth = [Fraction(reserve, TOTAL) for reserve in (ETHER, STABLE)]
    for _ in range(8):
        offer = int(10 ** draw.uniform(4, 21)), int(10 ** draw.uniform(7, 24))
        shares = answered(pool.add_liquidity, *offer, 0, trader, sender=trader)[0]
        pool.remove_liquidity(shares, 0, 0, trader, sender=trader)
        assert token.balanceOf(trader) <= held[0]
        assert stable.balanceOf(trader) <= held[1]
        total = pool.total_shares()
        now = [Fraction(reserve, total) for reserve in pool.reserves()]
        assert all(after >= before for after, before in zip(now, worth, strict=True))
        worth = now


def test_first_depositor__cannot_make_a_share_dear(
    empty_pool, token, stable, owner, attacker, trader
):
    """The classic: a dust deposit, a gift to the pool, and the next one's money is rounded away."""
    for each in (token, stable):
        each.mint(attacker, 10**5 * WAD, sender=owner)
        each.approve(empty_pool, 2**256 - 1, sender=attacker)
    empty_pool.add_liquidity(1001, 1001, 0, attacker, sender=attacker)
    token.transfer(empty_pool, 10**4 * WAD, sender=attacker)
    shares = answered(empty_pool.add_liquidity, WAD, WAD, 0, trader, sender=trader)[0]
    assert answered(empty_pool.remove_liquidity, shares, 0, 0, trader, sender=trader)[0] == (
        WAD,
        WAD,
    )
