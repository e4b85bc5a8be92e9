"""Splitting into dust, and dust in other people's way."""

from __future__ import annotations

import pytest

from sim.units import MAX_UINT256, WAD
from tests.invariants.core_world import Asset
from tests.vectors.system import BORROWER, ETHER, LIQUIDATOR, STRANGER, System, levered

from .arena import wealth


def coarse(decimals: int) -> tuple[System, int]:
    """A collateral whose unit is worth a lot, 14,500 in all against 12,000."""
    asset = Asset(decimals, ETHER.initial, ETHER.maintenance, ETHER.close_out)
    price = 29_000 * WAD * 10**decimals // 20_000
    system = System(assets=(asset,), prices=(price,), grace=0, min_debt=0)
    account = system.account(BORROWER, [20_000], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    system.price(0, price // 2)
    return system, account


@pytest.mark.parametrize("decimals", [0, 6, 8, 18])
@pytest.mark.parametrize("piece", [3 * WAD // 10, 7 * WAD // 10, 1_333_333_333_333_333_333])
def test_pieces_worth_less_than_a_unit__seize_no_more_than_they_pay_for(
    decimals: int, piece: int
) -> None:
    """Guard: seized is rounded down and the Reserve's part of it up. A unit is worth 0.725."""
    system, account = coarse(decimals)
    price = system.read(system.feed.price, system.token())[0]
    before, cuts = wealth(system, [LIQUIDATOR]), 0
    for _ in range(8):
        event = system.liquidate(account, piece).event("Liquidated")
        worth = (event["seized"] + event["reserve_cut"]) * price // 10**decimals
        assert worth <= piece * 108 // 100
        assert event["reserve_cut"] > 0 or worth == 0
        cuts += event["reserve_cut"]
    assert wealth(system, [LIQUIDATOR]) - before <= 8 * piece * 8 // 100


def test_borrowed_in_dust__is_owed_in_full() -> None:
    """Guard: shares of a loan round up. Once the index is above one a unit buys less than a
    share, and shares rounded down would be none."""
    system, account = levered(debt=1_000 * WAD, rate=(0, 0, 0, WAD // 2))
    grown, account = levered(debt=1_000 * WAD, rate=(WAD, 0, 0, WAD // 2))
    for each in (system, grown):
        each.must(BORROWER, each.core.accrue, after=86_400 * 300)
        shares = each.read(each.core.shares_of, account)
        for _ in range(5):
            each.must(BORROWER, each.core.borrow, account, 1, BORROWER)
        assert each.read(each.core.shares_of, account) - shares == 5


def test_repaid_in_dust__pays_no_more_than_it_costs() -> None:
    """Guard: shares of a payment round down."""
    system, account = levered(debt=1_000 * WAD, rate=(WAD, 0, 0, WAD // 2))
    system.must(BORROWER, system.core.accrue, after=86_400 * 300)
    shares, index = system.read(system.core.shares_of, account), 0
    for _ in range(5):
        outcome = system.must(LIQUIDATOR, system.core.repay, account, 1)
        index = outcome.event("Accrued")["index"]
    paid = shares - system.read(system.core.shares_of, account)
    assert paid * index <= 5 * 10**27


@pytest.mark.parametrize("dust", [1, 10**6])
def test_a_unit_repaid_before_a_liquidation__does_not_turn_it_away(dust: int) -> None:
    """Guard: max_repay is a limit and not a demand; so it is safe to ask for all."""
    system, account = levered(grace=0)
    system.price(0, 1_450 * WAD)
    token = system.token()
    expected = system.read(system.core.preview_liquidate, account, token, MAX_UINT256)
    system.must(LIQUIDATOR, system.core.repay, account, dust)
    slack = 10**9
    assert system.liquidate(account, MAX_UINT256, least=expected[2] - slack).ok


def test_strangers_dust__is_not_taken_in() -> None:
    """Guard: the least deposit of a stranger. Else one could hold assets in anyone's account,
    each of which makes its liquidation dearer."""
    system, account = levered()
    system.collateral(STRANGER, 0, WAD)
    just = 10 * WAD // 2_000
    system.refuses(
        "limit: below minimum deposit",
        STRANGER, system.core.deposit, account, system.token(), just - 1,
    )  # fmt: skip
    system.must(STRANGER, system.core.deposit, account, system.token(), just)
