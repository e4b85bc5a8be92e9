"""The Lens: the last unit of a price that is enough, and of collateral that can leave."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest

from sim.units import MAX_UINT256, WAD

from .system import BITCOIN, BORROWER, DOLLAR, ETHER, System

AMOUNTS = (5 * WAD + 3, 25_000_001, 4_000 * 10**6 + 7)
PRICES = (2_000 * WAD + 1, 40_000 * WAD + 3, WAD - 5)


def portfolio(debt: int, amounts: tuple[int, ...] = AMOUNTS) -> tuple[System, int]:
    system = System(assets=(ETHER, BITCOIN, DOLLAR), prices=PRICES, penalty=("FixedPenalty", 0))
    return system, system.account(BORROWER, amounts, debt)


def needs(system: System, amounts: tuple[int, ...], prices: tuple[int, ...], kind: str) -> int:
    """V - requirement, values down and requirements up per asset (DESIGN §2)."""
    total = 0
    for amount, price, asset in zip(amounts, prices, system.assets, strict=True):
        value = amount * price // 10**asset.decimals
        total += value - ceil(Fraction(value * getattr(asset, kind), WAD))
    return total


@pytest.mark.parametrize("i", [0, 1, 2])
def test_liquidation_price__enough_at_it_and_not_one_unit_below(i: int) -> None:
    debt = 17_000 * WAD + 7
    system, account = portfolio(debt)
    price = system.read(system.lens.liquidation_price, account, system.token(i))
    asset = system.assets[i]
    others = needs(system, (*AMOUNTS[:i], 0, *AMOUNTS[i + 1 :]), PRICES, "maintenance")
    exact = Fraction(
        (debt - others) * WAD * 10**asset.decimals, AMOUNTS[i] * (WAD - asset.maintenance)
    )
    # In closed form but for the rounding of one value and one requirement.
    slack = Fraction(4 * 10**asset.decimals, AMOUNTS[i]) + 1
    assert exact <= price <= exact + slack
    system.price(i, price)
    assert system.read(system.core.health_factor, account) >= WAD
    assert system.read(system.core.maintenance_buffer, account) >= 0
    system.price(i, price - 1)
    assert system.read(system.core.health_factor, account) < WAD
    assert system.read(system.core.maintenance_buffer, account) < 0
    assert system.read(system.core.status, account) == 2


def test_liquidation_price__healthy_at_any__or_healed_by_none() -> None:
    system, account = portfolio(5_000 * WAD)
    assert system.read(system.lens.liquidation_price, account, system.token(2)) == 0
    system, account = portfolio(5_000 * WAD, (5 * WAD, 0, 0))
    system.price(0, 100 * WAD)
    assert system.read(system.lens.liquidation_price, account, system.token(1)) == MAX_UINT256
    assert system.read(system.lens.liquidation_price, account, system.token(0)) == 1_250 * WAD


@pytest.mark.parametrize("i", [0, 1, 2])
def test_max_withdraw__passes_and_one_unit_more_does_not(i: int) -> None:
    debt = 13_500 * WAD + 7
    system, account = portfolio(debt)
    token = system.token(i)
    most = system.read(system.lens.max_withdraw, account, token)
    left = list(AMOUNTS)
    left[i] -= most
    assert needs(system, tuple(left), PRICES, "initial") >= debt
    assert 0 < most <= AMOUNTS[i]
    withdraw = system.core.withdraw
    if most < AMOUNTS[i]:
        left[i] -= 1
        assert needs(system, tuple(left), PRICES, "initial") < debt
        reason = "margin: below initial requirement"
        system.refuses(reason, BORROWER, withdraw, account, token, most + 1, BORROWER)
    system.must(BORROWER, withdraw, account, token, most, BORROWER)
    if most < AMOUNTS[i]:
        assert system.read(system.lens.max_withdraw, account, token) == 0


def test_max_withdraw__without_debt_all__with_a_doubtful_price_none() -> None:
    system, account = portfolio(0)
    for i, amount in enumerate(AMOUNTS):
        assert system.read(system.lens.max_withdraw, account, system.token(i)) == amount
    system, account = portfolio(5_000 * WAD)
    system.price(1, 40_000 * WAD, valid=False)
    assert system.read(system.lens.max_withdraw, account, system.token(0)) == 0


def test_max_borrow__cross_margin__executable_to_the_unit() -> None:
    system, account = portfolio(1_000 * WAD)
    most = system.read(system.core.max_borrow, account)
    assert most == needs(system, AMOUNTS, PRICES, "initial") - 1_000 * WAD
    reason = "margin: below initial requirement"
    system.refuses(reason, BORROWER, system.core.borrow, account, most + 1, BORROWER)
    system.must(BORROWER, system.core.borrow, account, most, BORROWER)
