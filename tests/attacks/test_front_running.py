"""A small liquidation, or a small repayment, put before someone else's liquidation."""

from __future__ import annotations

import pytest

from sim.units import MAX_UINT256, WAD
from tests.vectors.system import BORROWER, LIQUIDATOR, OWNER, STRANGER, System, levered


def liquidatable(**terms: object) -> tuple[System, int]:
    system, account = levered(grace=0, **terms)
    system.price(0, 1_450 * WAD)
    system.stables(STRANGER, 10**5 * WAD)
    return system, account


@pytest.mark.parametrize("first", [1, WAD, 1_000 * WAD])
def test_a_small_one_first__leaves_the_next_its_price(first: int) -> None:
    """Guard: what is seized for a unit repaid depends on price and penalty only, so a
    liquidator's min_seize, less a unit, stands."""
    system, account = liquidatable()
    token = system.token()
    expected = system.read(system.core.preview_liquidate, account, token, 1_000 * WAD)
    system.must(STRANGER, system.core.liquidate, account, token, first, 0, STRANGER)
    outcome = system.liquidate(account, 1_000 * WAD, least=expected[2])
    assert outcome.event("Liquidated")["repaid"] == 1_000 * WAD


@pytest.mark.parametrize("left", [100 * WAD, 100 * WAD + 1, 150 * WAD, 199 * WAD])
def test_a_debt_brought_near_the_least__is_still_taken_whole(left: int) -> None:
    """Guard: the close factor ends where it would leave less than the least debt. Else the
    borrower repays down to it and half is too little, all is too much."""
    system, account = levered(debt=200 * WAD, amount=WAD, grace=0)
    system.must(BORROWER, system.stable.approve, system.core.address, MAX_UINT256)
    system.must(BORROWER, system.core.repay, account, 200 * WAD - left)
    system.price(0, left * 122 // 100)
    outcome = system.liquidate(account, MAX_UINT256)
    assert outcome.ok
    assert system.debt_of(account) == 0


def test_collateral_brought_near_min_left__is_still_taken_whole() -> None:
    """Guard: the same of what is worth less than min_left."""
    system, account = levered(debt=200 * WAD, amount=WAD, grace=0, min_debt=0, min_left=140 * WAD)
    system.price(0, 245 * WAD)
    assert system.liquidate(account, MAX_UINT256).ok
    assert system.debt_of(account) == 0


def test_a_price_paid_too_dear__is_refused_to_the_unit() -> None:
    """Guard: min_seize, net of the Reserve's part. The price may move, or the penalty be cut,
    between the sending and the block."""
    system, account = liquidatable()
    token = system.token()
    expected = system.read(system.core.preview_liquidate, account, token, 1_000 * WAD)
    system.price(0, 1_450 * WAD + 10**6)
    outcome = system.liquidate(account, 1_000 * WAD, least=expected[2])
    assert outcome.reason == "liquidation: seizes too little"
    assert system.balance(system.stable, LIQUIDATOR) == 10**6 * WAD


def test_cured_before__costs_the_late_one_nothing_but_gas() -> None:
    """Guard: who is healthy when the transaction comes is not liquidated."""
    system, account = liquidatable()
    system.must(STRANGER, system.core.repay, account, 400 * WAD)
    outcome = system.liquidate(account, 1_000 * WAD)
    assert outcome.reason == "margin: not liquidatable"
    assert system.balance(system.stable, LIQUIDATOR) == 10**6 * WAD


@pytest.mark.parametrize("way", ["mint", "redeem"])
def test_a_fee_raised_first__takes_no_more_than_was_agreed(way: str) -> None:
    """Guard: min_out. The owner's tenth would otherwise be taken of what was sent at a fee of
    nothing."""
    system = System()
    system.stables(STRANGER, 1_000 * WAD)
    system.must(STRANGER, system.coin.mint, STRANGER, 10**9)
    for token in (system.coin, system.stable):
        system.must(STRANGER, token.approve, system.peg.address, MAX_UINT256)
    method, given, agreed = {
        "mint": (system.peg.mint, 10**9, 1_000 * WAD),
        "redeem": (system.peg.redeem, 1_000 * WAD, 10**9),
    }[way]
    system.must(OWNER, system.peg.set_fee, 1)
    system.refuses("peg: less than min_out", STRANGER, method, given, agreed, STRANGER)
    system.must(OWNER, system.peg.set_fee, 0)
    system.must(STRANGER, method, given, agreed, STRANGER)
