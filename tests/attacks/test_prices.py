"""Stale, zero, jumping and clamped prices."""

from __future__ import annotations

import pytest

from sim.protocol.abi import Contract
from sim.units import MAX_UINT256, WAD
from tests.invariants.core_world import actor
from tests.vectors.system import BITCOIN, BORROWER, ETHER, LIQUIDATOR, OWNER, STRANGER, System

from .arena import ATTACKER, second_core

STALE = "price: not valid"


def two_legs() -> tuple[System, int]:
    """Ten ether at 2,000 owe 12,000; of bitcoin at 20,000 the account has one satoshi."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 20_000 * WAD), grace=0)
    account = system.account(BORROWER, [10 * WAD, 1], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    return system, account


@pytest.mark.parametrize(("price", "valid"), [(10**6 * WAD, False), (0, True), (0, False)])
def test_no_money_on_a_price_that_is_not_valid(price: int, valid: bool) -> None:
    """Guard: borrowing and withdrawing need every price of the account; none is not valid."""
    system, account = two_legs()
    core = system.core
    system.price(1, price, valid)
    system.refuses(STALE, BORROWER, core.borrow, account, WAD, BORROWER)
    system.refuses(STALE, BORROWER, core.withdraw, account, system.token(), WAD, BORROWER)
    # The leg in doubt may go: nothing rests on it then.
    system.must(BORROWER, core.withdraw, account, system.token(1), 1, BORROWER)
    system.must(BORROWER, core.borrow, account, WAD, BORROWER)


def test_one_satoshi_of_something_stale__does_not_shield() -> None:
    """Guard: in doubt collateral counts twice, not without end."""
    system, account = two_legs()
    system.price(1, 20_000 * WAD, valid=False)
    system.price(0, 1_400 * WAD)
    assert system.liquidate(account, 1_000 * WAD).ok
    system.price(0, 900 * WAD)
    system.must(STRANGER, system.core.absorb, account)


def test_a_price_that_only_went_stale__liquidates_nobody() -> None:
    """Guard: below the line for certain, and never seized at a price that is not valid."""
    system, account = two_legs()
    system.price(0, 1_400 * WAD, valid=False)
    assert system.liquidate(account, WAD).reason == "margin: not liquidatable"
    system.refuses("margin: not below maintenance", STRANGER, system.core.margin_call, account)
    system.price(0, 1 * WAD, valid=False)
    assert system.liquidate(account, WAD).reason == STALE


@pytest.mark.parametrize("price", [0, 1_000 * WAD])
def test_paying_in_and_paying_back__ask_for_no_price(price: int) -> None:
    """Guard: there is no way to lock a borrower out of curing."""
    system, account = two_legs()
    for asset in (0, 1):
        system.price(asset, price, valid=False)
    system.collateral(BORROWER, 0, WAD)
    system.must(BORROWER, system.core.deposit, account, system.token(), WAD)
    system.must(LIQUIDATOR, system.core.repay, account, MAX_UINT256)
    system.must(BORROWER, system.core.withdraw, account, system.token(), 11 * WAD, BORROWER)


def test_a_jump_to_zero__leaves_what_a_liquidation_needs_to_end() -> None:
    """At one wei a whole ether all is bad debt, counted and not stuck."""
    system, account = two_legs()
    system.price(0, 1)
    assert system.liquidate(account, 10**6 * WAD).ok
    assert system.debt_of(account) == 0
    assert system.read(system.core.bad_debt) > 11_000 * WAD


def reported(deviation: int, **terms: object) -> tuple[System, Contract, Contract]:
    """A core on the reporter oracle, one reporter, ether at 2,000; ten of it in the attacker's
    account."""
    system = System(**terms)
    oracle = system.create("PriceOracle", OWNER)
    core = second_core(system, oracle)
    system.must(OWNER, oracle.set_reporter, STRANGER, True)
    system.must(OWNER, oracle.set_asset, system.token(), 3_600, deviation, 1)
    post(system, oracle, 2_000 * WAD)
    system.must(ATTACKER, core.open)
    system.must(ATTACKER, system.tokens[0].mint, ATTACKER, 10 * WAD)
    system.must(ATTACKER, system.tokens[0].approve, core.address, MAX_UINT256)
    system.must(ATTACKER, core.deposit, 1, system.token(), 10 * WAD)
    return system, oracle, core


def post(system: System, oracle: Contract, price: int) -> None:
    system.must(STRANGER, oracle.post, [system.token()], [price])


def test_clamped__neither_borrowed_on_nor_liquidated_at() -> None:
    """Guard: a price held back by the deviation guard is not valid until a post lands inside."""
    system, oracle, core = reported(WAD // 10)
    post(system, oracle, 20_000 * WAD)
    assert system.read(oracle.price, system.token()) == (2_200 * WAD, False)
    system.refuses(STALE, ATTACKER, core.borrow, 1, 15_000 * WAD, ATTACKER)
    post(system, oracle, 2_100 * WAD)
    system.must(ATTACKER, core.borrow, 1, 14_000 * WAD, ATTACKER)
    post(system, oracle, 100 * WAD)
    system.refuses("margin: not below maintenance", LIQUIDATOR, core.margin_call, 1)


def test_one_transaction__moves_the_price_by_one_guard() -> None:
    """Guard: the deviation is measured from the price before the second. Else one reporter would
    post the same asset eight times over in one transaction, and be valid at the last."""
    system, oracle, core = reported(WAD // 10)
    goal = 4_000 * WAD
    system.must(STRANGER, oracle.post, [system.token()] * 8, [goal] * 8)
    assert system.read(oracle.price, system.token()) == (2_200 * WAD, False)
    system.refuses(STALE, ATTACKER, core.borrow, 1, 15_000 * WAD, ATTACKER)
    # Down and up again within the second is no further either.
    system.must(STRANGER, oracle.post, [system.token()] * 3, [WAD, goal, goal])
    assert system.read(oracle.price, system.token()) == (2_420 * WAD, False)


def test_old_reports__buy_nothing() -> None:
    """Guard: a report counts for max_age and not a second more."""
    system, _, core = reported(0)
    system.wait(3_600)
    system.refuses(STALE, ATTACKER, core.borrow, 1, 1_000 * WAD, ATTACKER)


def test_the_last_word_of_who_fell_silent__counts_until_anyone_minds() -> None:
    """Guard: the refresh. Two of four reporters said 4,000 and fell silent; when their reports
    are too old the other two's 2,000 is all that counts, but so far nobody had to post again."""
    system, oracle, core = reported(0)
    reporters = [actor(f"reporter {i}") for i in range(3)]
    for reporter in reporters:
        system.must(OWNER, oracle.set_reporter, reporter, True)
    system.must(OWNER, oracle.set_asset, system.token(), 3_600, 0, 2)
    loud = [(reporters[0], 4_000), (reporters[1], 4_000)]
    for who, usd in loud:
        system.must(who, oracle.post, [system.token()], [usd * WAD])
    system.wait(1_800)
    for who in (reporters[2], STRANGER):
        system.must(who, oracle.post, [system.token()], [2_000 * WAD])
    system.wait(1_800)
    assert system.read(oracle.price, system.token()) == (3_000 * WAD, True)
    system.must(LIQUIDATOR, oracle.refresh, system.token())
    assert system.read(oracle.price, system.token()) == (2_000 * WAD, True)
    system.refuses(
        "margin: below initial requirement", ATTACKER, core.borrow, 1, 15_000 * WAD, ATTACKER
    )


def test_what_the_guard_holds_back__nobody_refreshes_through_it() -> None:
    """Guard: a price that is not valid is not refreshed. Else anyone could walk it, a step each
    second, to where the guard kept one faulty post from going."""
    system, oracle, _ = reported(WAD // 10)
    post(system, oracle, 20_000 * WAD)
    for _ in range(3):
        system.refuses("oracle: price is not valid", ATTACKER, oracle.refresh, system.token())
    assert system.read(oracle.price, system.token()) == (2_200 * WAD, False)
