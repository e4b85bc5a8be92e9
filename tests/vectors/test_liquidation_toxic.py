"""The toxic cap: a penalty that would exceed V/D - 1 is cut, the Reserve's share first."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import pytest

from sim.units import WAD

from .system import (
    PERCENT,
    levered,
)

FIVE_PERCENT = ("FixedPenalty", 5 * PERCENT)


def test_toxic_cap__on__same_account_ends_without_bad_debt() -> None:
    """V = 10,200 and D = 10,000: capped at V/D - 1 = 2 %, and everything is repaid."""
    system, account = levered(debt=10_000 * WAD, penalty=FIVE_PERCENT, grace=0)
    system.price(0, 1_020 * WAD)
    event = system.liquidate(account, 10**6 * WAD).event("Liquidated")
    assert event["penalty"] == 2 * PERCENT
    assert event["repaid"] == 10_000 * WAD
    assert event["seized"] + event["reserve_cut"] == 10 * WAD
    assert system.read(system.core.bad_debt) == 0


def test_toxic_cap__binds_from_the_unit_at_which_v_over_d_falls_below_the_penalty() -> None:
    """At 1,050 V/D - 1 is the penalty itself: not toxic; one unit of price below it is."""
    for price, penalty in (
        (1_050 * WAD, 5 * PERCENT),
        (1_050 * WAD - 1, 5 * PERCENT - 1),
        (1_051 * WAD, 5 * PERCENT),
    ):
        system, account = levered(debt=10_000 * WAD, penalty=FIVE_PERCENT, grace=0)
        system.price(0, price)
        assert system.liquidate(account, WAD).event("Liquidated")["penalty"] == penalty


@pytest.mark.parametrize(
    ("price", "penalty", "cut_share"),
    [
        # Penalty 5 %, a fifth to the Reserve, the liquidator keeps at least 1 % (floor).
        (1_060, 5 * PERCENT, PERCENT),
        (1_040, 4 * PERCENT, 8 * PERCENT // 10),
        (1_012, 12 * PERCENT // 10, 2 * PERCENT // 10),  # a fifth would leave less than 1 %
        (1_011, 11 * PERCENT // 10, PERCENT // 10),
        (1_010, PERCENT, 0),
        (1_005, PERCENT, 0),  # the floor is kept although it exceeds V/D - 1
        (1_000, PERCENT, 0),
    ],
)
def test_toxic_cap__floor_and_the_reserves_share(price: int, penalty: int, cut_share: int) -> None:
    system, account = levered(debt=10_000 * WAD, penalty=FIVE_PERCENT, grace=0)
    system.price(0, price * WAD)
    event = system.liquidate(account, 1_000 * WAD).event("Liquidated")
    taken = floor(Fraction(1_000 * WAD * (WAD + penalty), price * WAD))
    assert event["penalty"] == penalty
    assert event["reserve_cut"] == ceil(Fraction(taken * cut_share, WAD + penalty))
    assert event["seized"] == taken - event["reserve_cut"]


def test_toxic_cap__floor_above_the_penalty__the_penalty_is_kept() -> None:
    system, account = levered(
        debt=10_000 * WAD, penalty=("FixedPenalty", PERCENT), grace=0, liquidator_floor=3 * PERCENT
    )
    system.price(0, 1_005 * WAD)
    event = system.liquidate(account, WAD).event("Liquidated")
    assert (event["penalty"], event["reserve_cut"]) == (PERCENT, 0)


def test_toxic_cap__off__full_penalty_with_the_reserves_share() -> None:
    system, account = levered(debt=10_000 * WAD, penalty=FIVE_PERCENT, grace=0, cap_toxic=False)
    system.price(0, 1_010 * WAD)
    event = system.liquidate(account, 1_000 * WAD).event("Liquidated")
    taken = floor(Fraction(1_050 * WAD * WAD, 1_010 * WAD))
    assert event["penalty"] == 5 * PERCENT
    assert event["reserve_cut"] == ceil(Fraction(taken, 105))


@pytest.mark.parametrize("debt", [10_000 * WAD, 10_000 * WAD + 1, 12_000 * WAD])
def test_insolvent__toxic_cap_on__the_floor_and_nothing_for_the_reserve(debt: int) -> None:
    """V < D is no prize for having waited: the penalty is what it was at V = D."""
    system, account = levered(debt=debt, penalty=FIVE_PERCENT, grace=0)
    system.price(0, 1_000 * WAD)
    event = system.liquidate(account, 1_000 * WAD).event("Liquidated")
    assert (event["penalty"], event["reserve_cut"]) == (PERCENT, 0)


@pytest.mark.parametrize(("debt", "cut"), [(10_000 * WAD, True), (10_000 * WAD + 1, False)])
def test_insolvent__toxic_cap_off__full_penalty_and_nothing_for_the_reserve(
    debt: int, cut: bool
) -> None:
    system, account = levered(debt=debt, penalty=FIVE_PERCENT, grace=0, cap_toxic=False)
    system.price(0, 1_000 * WAD)
    event = system.liquidate(account, 1_000 * WAD).event("Liquidated")
    assert event["penalty"] == 5 * PERCENT
    assert (event["reserve_cut"] > 0) is cut
