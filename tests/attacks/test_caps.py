"""A deposit cap passed by way of a margin call."""

from __future__ import annotations

import pytest

from sim.units import WAD
from tests.vectors.system import (
    BITCOIN,
    BORROWER,
    ETHER,
    LIQUIDATOR,
    OWNER,
    STRANGER,
    System,
    levered,
    up,
)

FULL = "limit: deposit cap"


def full_and_called() -> tuple[System, int]:
    """Ten ether, all that the cap allows, owe 12,000 and are called at 1,450."""
    system, account = levered()
    system.must(OWNER, system.core.set_deposit_cap, system.token(), 10 * WAD)
    system.price(0, 1_450 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    system.collateral(BORROWER, 0, 1_000 * WAD)
    return system, account


def test_a_call__is_no_way_to_borrow_past_the_cap() -> None:
    """Guard: past the cap a called account may go as long as E < I. Else whoever is called, by
    a unit and on purpose, pays in without limit and draws the most on it."""
    system, account = full_and_called()
    deposit, token = system.core.deposit, system.token()

    def below_initial(more: int) -> bool:
        value = (10 * WAD + more) * 1_450
        return value < 12_000 * WAD + up(value * 30, 100)

    # V - 0.3 V = 12,000 at 11.82 ether; the last unit below it is the most that goes in.
    most = 12_000 * WAD * 100 // (70 * 1_450) - 10 * WAD
    assert below_initial(most)
    assert not below_initial(most + 1)
    system.refuses(FULL, BORROWER, deposit, account, token, 1_000 * WAD)
    system.refuses(FULL, BORROWER, deposit, account, token, most + 1)
    system.must(BORROWER, deposit, account, token, most)
    assert system.read(system.core.called_at, account) == 0
    assert system.read(system.core.max_borrow, account) == 0
    system.refuses(FULL, BORROWER, deposit, account, token, 1)


def test_a_call_past_its_window__opens_nothing() -> None:
    """Guard: a call that has lapsed is none."""
    system, account = full_and_called()
    system.wait(90_001)
    system.refuses(FULL, BORROWER, system.core.deposit, account, system.token(), WAD // 10)


@pytest.mark.parametrize("price", [0, 30_000 * WAD])
def test_a_leg_in_doubt__does_not_hide_what_the_account_is_worth(price: int) -> None:
    """Guard: below I for certain. Else a leg whose price is away for an hour would let in
    whatever the account will borrow against once it is back."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 30_000 * WAD))
    account = system.account(BORROWER, [10 * WAD, 10**7], 14_000 * WAD)
    system.must(OWNER, system.core.set_deposit_cap, system.token(), 10 * WAD)
    system.price(0, 1_400 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    system.collateral(BORROWER, 0, 10 * WAD)
    system.price(1, price, valid=False)
    deposit = system.core.deposit
    system.refuses(FULL, BORROWER, deposit, account, system.token(), 2 * WAD)


@pytest.mark.parametrize("valid", [False, True])
def test_a_cap_of_0__keeps_out_what_has_lost_its_price(valid: bool) -> None:
    """Guard: no call is answered past a cap of 0. Else a called account buys a token whose price
    died at 80, for next to nothing, a little for each fall of the rest, and is below no line for
    certain until the rest is worth half its debt; or, where the false price is posted still,
    pays in what it says is enough and takes its good collateral out."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 80 * WAD))
    account = system.account(BORROWER, [10 * WAD], 12_000 * WAD)
    system.price(1, 80 * WAD, valid=valid)
    system.must(OWNER, system.core.set_deposit_cap, system.token(1), 0)
    system.price(0, 1_490 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    system.collateral(BORROWER, 1, 10**9)
    system.price(0, 1_470 * WAD)
    # 2.5 of them count 400 at best: E is at least M, and below I.
    deposit = system.core.deposit
    system.refuses(FULL, BORROWER, deposit, account, system.token(1), 25 * 10**7)
    system.price(0, 1_400 * WAD)
    system.wait(3_600)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    assert system.liquidate(account, 1_000 * WAD).ok
