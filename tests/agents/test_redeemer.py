"""Redeemers: when it pays, against whom, how much."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import pytest

from agents.intent import Redeem, Swap
from agents.market import Pool
from agents.redeemer import Redeemer, allowed, can_be_redeemed, price_of
from agents.view import View
from tests.agents.views import (
    ADDRESS,
    CHEAP_GAS,
    TERMS,
    WAD,
    position,
    sent,
    someone,
    view,
    wallet,
)

FEE = 0.005
REDEEMABLE = replace(TERMS, redemption_fee=FEE)
BETWEEN = position(collateral=100, debt=13_000)
"""Equity 7,000 of 20,000: between 30 and 40 %."""


def pool_at(price: float) -> Pool:
    return Pool(collateral=100_000 * WAD, stable=int(100_000 * price) * WAD, fee=0.003)


def redeemer(min_profit: float = 10.0) -> Redeemer:
    return Redeemer(someone(), "redeemer-0", ADDRESS, min_profit=min_profit, tip_gwei=2.0)


def seen(price: float = 210.0, stable: float = 1e6, **changes: Any) -> View:
    """The pool at a price, the oracle at 200."""
    market = replace(CHEAP_GAS, terms=REDEEMABLE, pools=(pool_at(price),))
    usual = view(market=market, wallet=wallet(stable=stable), watched=(BETWEEN,))
    return replace(usual, **changes)


def test_decide__pool_above_the_oracle__redeems_and_sells() -> None:
    redeem, sale = redeemer().decide(seen())
    assert isinstance(redeem, Redeem)
    assert isinstance(sale, Swap)
    assert (redeem.account, redeem.asset, redeem.amount) == (1, 0, 13_000 * WAD)
    taken = 13_000 / (200 / (1 - FEE))
    assert redeem.min_out / WAD == pytest.approx(taken, rel=0.003)
    assert redeem.min_out < taken * WAD
    assert (sale.sell_stable, sale.amount_in) == (False, redeem.min_out)
    out = pool_at(210.0).quote(False, sale.amount_in)
    assert 0.99 * out < sale.min_out < out


@pytest.mark.parametrize("price", [190.0, 200.0, 201.5])
def test_decide__pool_within_both_fees__does_nothing(price: float) -> None:
    """0.5 % of redeeming and 0.3 % of the pool: below 201.6 it does not pay."""
    assert redeemer(min_profit=0).decide(seen(price)) == ()


def test_decide__best_size__brings_the_pools_price_to_the_redemption_price() -> None:
    """Of a rich account: (1 − f)·q = sqrt(x·y·(1 − f)/p) − x."""
    rich = position(collateral=10**5, debt=13 * 10**6)
    redeem, _ = redeemer().decide(seen(stable=1e9, watched=(rich,)))
    assert isinstance(redeem, Redeem)
    price, keep = 200 / (1 - FEE), 0.997
    best = (sqrt(1e5 * 2.1e7 * keep / price) - 1e5) / keep
    assert redeem.amount / WAD == pytest.approx(best * price, rel=1e-6)


def test_decide__little_money__that_much() -> None:
    redeem, _ = redeemer().decide(seen(stable=2_000))
    assert isinstance(redeem, Redeem)
    assert redeem.amount == 2_000 * WAD


def test_decide__not_worth_its_least_profit__does_nothing() -> None:
    assert redeemer(min_profit=10_000).decide(seen()) == ()


def test_decide__something_is_on_its_way__waits() -> None:
    waiting = redeemer().decide(seen())
    assert redeemer().decide(seen(pending=sent(*waiting))) == ()


def test_decide__left_over_collateral__is_sold_first() -> None:
    held = wallet(stable=1e6, tokens=(50,))
    (sale,) = redeemer().decide(seen(wallet=held))
    assert isinstance(sale, Swap)
    assert sale.amount_in == 50 * WAD


def test_decide__left_over_and_the_pool_is_cheap__keeps_it() -> None:
    held = wallet(stable=1e6, tokens=(50,))
    assert redeemer().decide(seen(price=195.0, wallet=held)) == ()


@pytest.mark.parametrize(
    ("debt", "expected"),
    [(0, False), (11_999, False), (12_001, True), (14_000, True), (14_001, False)],
)
def test_can_be_redeemed__between_the_requirements(debt: int, expected: bool) -> None:
    """Of 20,000: 8,000 of equity is initial, 6,000 maintenance."""
    assert can_be_redeemed(position(collateral=100, debt=debt)) is expected


def test_can_be_redeemed__price_not_valid__no() -> None:
    assert not can_be_redeemed(replace(BETWEEN, valid=False))


def test_price_of__other_decimals__in_stable_units_of_a_native_unit() -> None:
    terms = replace(REDEEMABLE, assets=(replace(TERMS.assets[0], decimals=8),))
    market = replace(CHEAP_GAS, terms=terms)
    assert price_of(market, 0) == pytest.approx(200 * 10**10 / (1 - FEE))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(1_000, 1_000), (900, 900), (950, 900), (1_001, 1_000), (50, 50)],
)
def test_allowed__leaves_no_debt_or_the_least(amount: int, expected: int) -> None:
    owing = position(collateral=100, debt=1_000)
    assert allowed(owing, amount * WAD, 100 * WAD) == expected * WAD
