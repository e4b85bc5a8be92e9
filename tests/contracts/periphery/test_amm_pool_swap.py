import random
from fractions import Fraction
from math import sqrt

import ape
import pytest

from sim.units import MAX_UINT256, WAD
from tests.contracts.conftest import answered
from tests.contracts.periphery.reference import swap_out

FEE = 3 * WAD // 1000
ETHER, STABLE = 1000 * WAD, 2_000_000 * WAD


@pytest.mark.parametrize("amount_in", [2, 1000, WAD, 37 * WAD + 11, 5000 * WAD])
@pytest.mark.parametrize("sells_token", [True, False])
def test_swap__pays_the_formula(pool, token, stable, trader, stranger, sells_token, amount_in):
    sold, bought = (token, stable) if sells_token else (stable, token)
    start = (ETHER, STABLE) if sells_token else (STABLE, ETHER)
    amount_in *= 1 if sells_token else 2000
    expected = swap_out(amount_in, *start, FEE)
    held = sold.balanceOf(trader)
    answer, receipt = answered(pool.swap, sold, amount_in, expected, stranger, sender=trader)
    after = (start[0] + amount_in, start[1] - expected)
    assert answer == bought.balanceOf(stranger) == expected
    assert held - sold.balanceOf(trader) == amount_in
    assert pool.reserves() == (after if sells_token else after[::-1])
    swapped = pool.Swapped(
        trader=trader,
        token_in=sold,
        to=stranger,
        amount_in=amount_in,
        amount_out=expected,
        reserve0=pool.reserves()[0],
        reserve1=pool.reserves()[1],
    )
    assert swapped in receipt.events


@pytest.mark.parametrize("sells_token", [True, False])
def test_quote__is_what_swap_pays(pool, token, stable, trader, sells_token):
    sold = token if sells_token else stable
    quoted = pool.quote(sold, 17 * WAD)
    assert answered(pool.swap, sold, 17 * WAD, 0, trader, sender=trader)[0] == quoted


def test_swap__less_than_min_out__reverts(pool, token, trader):
    least = swap_out(WAD, ETHER, STABLE, FEE) + 1
    with ape.reverts("pool: less than min_out"):
        pool.swap(token, WAD, least, trader, sender=trader)


def test_swap__too_little_to_pay_for__reverts(pool, stable, trader):
    # 1,999 units of stable are worth less than a unit of ether.
    with ape.reverts("pool: nothing out"):
        pool.swap(stable, 1999, 0, trader, sender=trader)


def test_swap__zero__reverts(pool, token, trader):
    with ape.reverts("pool: nothing out"):
        pool.swap(token, 0, 0, trader, sender=trader)


def test_swap__token_not_in_the_pool__reverts(pool, coin, trader):
    with ape.reverts("pool: token is not in the pool"):
        pool.swap(coin, 1, 0, trader, sender=trader)
    with ape.reverts("pool: token is not in the pool"):
        pool.quote(coin, 1)


def test_swap__empty_pool__reverts(empty_pool, token, trader):
    with ape.reverts("pool: no liquidity"):
        empty_pool.swap(token, WAD, 0, trader, sender=trader)


def test_swap__not_approved__reverts(pool, token, stranger):
    with ape.reverts("erc20: insufficient allowance"):
        pool.swap(token, WAD, 0, stranger, sender=stranger)


def test_swap__reserve_beyond_its_field__reverts(create, owner, token, stable, pool, trader):
    token.mint(trader, 2**108, sender=owner)
    with ape.reverts("pool: reserve too large"):
        pool.swap(token, 2**108 - ETHER, 0, trader, sender=trader)
    pool.swap(token, 2**108 - ETHER - 1, 0, trader, sender=trader)
    assert pool.reserves()[0] == 2**108 - 1


@pytest.mark.parametrize("seed", range(2))
def test_swap__any_sequence__never_lowers_the_product(pool, token, stable, trader, seed):
    draw = random.Random(seed)
    product = ETHER * STABLE
    for _ in range(25):
        sold = draw.choice([token, stable])
        amount = int(10 ** draw.uniform(4, 23))
        if pool.quote(sold, amount):
            pool.swap(sold, amount, 0, trader, sender=trader)
        grown = pool.reserves()[0] * pool.reserves()[1]
        assert grown >= product
        product = grown


def test_swap__there_and_back__costs_about_two_fees(pool, token, stable, trader):
    bought = answered(pool.swap, token, WAD, 0, trader, sender=trader)[0]
    back = answered(pool.swap, stable, bought, 0, trader, sender=trader)[0]
    assert float(Fraction(back, WAD)) == pytest.approx(0.997**2, rel=1e-4)


def test_law_6__best_size_of_selling_seized_collateral(pool, token):
    """Liquidating with a 5 % penalty against the pool breaks even at .04699 of its depth and
    pays most at .02323 (LAWS 6)."""
    bonus, fee = 0.05, 0.003

    def profit(size: float) -> float:
        ether = int(size * ETHER)
        return pool.quote(token, ether) / WAD - ether / WAD * 2000 / (1 + bonus)

    even = (1 + bonus) - 1 / (1 - fee)
    best = (sqrt((1 - fee) * (1 + bonus)) - 1) / (1 - fee)
    assert (even, best) == (pytest.approx(0.04699, abs=5e-6), pytest.approx(0.02323, abs=5e-6))
    assert profit(even) == pytest.approx(0, abs=1e-6)
    assert profit(best) > max(profit(best * 0.99), profit(best * 1.01))


def test_swap__tokens_sent_to_the_pool__move_nothing(pool, token, stable, attacker, owner):
    quoted = pool.quote(token, WAD)
    stable.mint(pool, 10**6 * WAD, sender=owner)
    token.mint(pool, 10**3 * WAD, sender=owner)
    assert pool.reserves() == (ETHER, STABLE)
    assert pool.quote(token, WAD) == quoted
    assert pool.spot_price() == 2000 * WAD


@pytest.fixture
def hostile_pool(create, owner, stable, trader):
    """A pool of a hostile token, as deep as the honest one; the trader pays for it."""

    def hostile_pool(kind):
        token = create(kind, "T", "T", 18)
        pool = create("AmmPool", token, stable, FEE)
        token.mint(trader, 10**6 * WAD, sender=owner)
        stable.mint(trader, STABLE, sender=owner)
        for each in (token, stable):
            each.approve(pool, MAX_UINT256, sender=trader)
        pool.add_liquidity(ETHER, STABLE, 0, trader, sender=trader)
        return token, pool

    return hostile_pool


def test_swap__token_takes_a_fee__pays_for_what_arrived(hostile_pool, trader):
    token, pool = hostile_pool("FeeToken")
    held = ETHER * 99 // 100
    assert pool.reserves() == (held, STABLE)
    expected = swap_out(WAD * 99 // 100, held, STABLE, FEE)
    assert answered(pool.swap, token, WAD, 0, trader, sender=trader)[0] == expected
    assert token.balanceOf(pool) == pool.reserves()[0]


def test_swap__token_returns_nothing__works(hostile_pool, trader):
    token, pool = hostile_pool("NoReturnToken")
    out = answered(pool.swap, token, WAD, 0, trader, sender=trader)[0]
    assert out == swap_out(WAD, ETHER, STABLE, FEE)


def test_swap__token_says_false__reverts(hostile_pool, trader):
    token, pool = hostile_pool("BlockingToken")
    token.block(trader, True, sender=trader)
    token.return_false(True, sender=trader)
    with ape.reverts("pool: transfer failed"):
        pool.swap(token, WAD, 0, trader, sender=trader)


@pytest.mark.parametrize("function", ["swap", "add_liquidity", "remove_liquidity", "quote"])
def test_swap__re_entered__is_locked(hostile_pool, trader, attacker, function):
    """What it would pay too; its price is told, see PoolOracle."""
    token, pool = hostile_pool("ReentrantToken")
    arguments = {
        "swap": (token, 1, 0, attacker),
        "add_liquidity": (1, 1, 0, attacker),
        "remove_liquidity": (0, 0, 0, attacker),
        "quote": (token, 1),
    }[function]
    token.arm(pool, getattr(pool, function).encode_input(*arguments), sender=attacker)
    pool.swap(token, WAD, 0, trader, sender=trader)
    assert token.calls() == 1
    assert token.was_locked_out()
