"""Games with the clock of a margin call: to stop it, to start it again, to let it run out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.units import MAX_UINT256, WAD
from tests.vectors.system import (
    BITCOIN,
    BORROWER,
    ETHER,
    LIQUIDATOR,
    OWNER,
    STRANGER,
    System,
    levered,
)

GRACE, WINDOW = 3_600, 86_400
NOT_DUE = "margin: not liquidatable"


def called(price: int = 1_450) -> tuple[System, int]:
    """Ten ether owe 12,000; threshold 1,500, close-out below 1,411.8. Called at 1,450."""
    system, account = levered()
    system.price(0, price * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    system.collateral(BORROWER, 0, 100 * WAD)
    system.must(BORROWER, system.stable.approve, system.core.address, MAX_UINT256)
    return system, account


def test_a_unit_short__is_no_cure_and_the_unit_is() -> None:
    """Guard: a call ends when E >= M and not before. 12,000 - 0.8 * 14,500 = 400 to repay."""
    system, account = called()
    system.must(BORROWER, system.core.repay, account, 400 * WAD - 1)
    assert system.read(system.core.called_at, account) != 0
    system.must(LIQUIDATOR, system.core.repay, account, 1)
    assert system.read(system.core.called_at, account) == 0


def test_cured_by_a_unit_and_called_again__has_all_its_grace() -> None:
    """Guard: who cures is due nothing of the call before."""
    system, account = called()
    system.must(BORROWER, system.core.repay, account, 400 * WAD)
    system.price(0, 1_449 * WAD)
    system.must(STRANGER, system.core.margin_call, account, after=GRACE)
    assert system.liquidate(account, WAD, after=GRACE - 1).reason == NOT_DUE
    assert system.liquidate(account, WAD).ok


def test_called_again__neither_sooner_nor_later() -> None:
    """Guard: a standing call cannot be called anew. Else the borrower would push the deadline
    on for ever."""
    system, account = called()
    system.wait(GRACE - 2)
    system.refuses("margin: already called", BORROWER, system.core.margin_call, account)
    assert system.liquidate(account, WAD).ok


def test_what_cures__stays() -> None:
    """Guard: E >= I to withdraw and to borrow. Else a cure could be lent for a block: paid in,
    the call ended, and taken out again."""
    system, account = called()
    core, token = system.core, system.token()
    system.must(BORROWER, core.deposit, account, token, WAD)
    assert system.read(core.called_at, account) == 0
    reason = "margin: below initial requirement"
    system.refuses(reason, BORROWER, core.withdraw, account, token, WAD // 100, BORROWER)
    system, account = called()
    system.must(BORROWER, core.repay, account, 400 * WAD)
    system.refuses(reason, BORROWER, core.borrow, account, 1, BORROWER)


def test_a_call_forgotten__does_not_lie_in_wait() -> None:
    """Guard: a call lapses. Else an account that recovered by its price alone would be
    liquidatable at once in the next dip."""
    system, account = called()
    system.price(0, 2_000 * WAD)
    system.wait(GRACE + WINDOW)
    system.price(0, 1_450 * WAD)
    assert system.liquidate(account, WAD).reason == NOT_DUE
    system.must(STRANGER, system.core.margin_call, account)
    assert system.liquidate(account, WAD, after=GRACE - 1).reason == NOT_DUE
    assert system.liquidate(account, WAD).ok


def test_a_longer_window__revives_nothing() -> None:
    """Guard: what lapsed before the settings changed has lapsed for good. Else who was called
    once and recovered would be liquidatable, without a word, by the owner's next change."""
    system, account = called()
    system.price(0, 2_000 * WAD)
    system.wait(GRACE + WINDOW)
    for window in (10 * WINDOW, WINDOW, 20 * WINDOW):
        system.configure(call_window=window)
        assert system.read(system.core.called_at, account) == 0
        system.price(0, 1_450 * WAD)
        assert system.liquidate(account, WAD).reason == NOT_DUE
        system.price(0, 2_000 * WAD)


def test_a_call_that_stands__has_the_window_of_now() -> None:
    """A longer one is for calls that have not lapsed; a shorter one ends them sooner."""
    system, account = called()
    called_at = system.read(system.core.called_at, account)
    system.configure(call_window=2 * WINDOW)
    system.wait(called_at + GRACE + 2 * WINDOW - system.now)
    assert system.read(system.core.called_at, account) == called_at
    system.wait(1)
    assert system.read(system.core.called_at, account) == 0


def test_a_call_in_force__is_not_waved_off() -> None:
    """Guard: below maintenance a call is cleared by nobody."""
    system, account = called()
    for person in (BORROWER, STRANGER):
        system.refuses("margin: below maintenance", person, system.core.clear_margin_call, account)
    system.price(0, 1_450 * WAD, valid=False)
    system.refuses("margin: below maintenance", BORROWER, system.core.clear_margin_call, account)
    system.must(BORROWER, system.core.repay, account, 1)
    assert system.read(system.core.called_at, account) != 0


def test_grace__protects_nobody_below_close_out() -> None:
    """Guard: X. Else a call would be a right to fall for an hour."""
    system, account = called()
    system.price(0, 1_411 * WAD)
    assert system.liquidate(account, WAD).ok


def test_the_auctions_clock__is_not_wound_back_by_dust() -> None:
    """Guard: a record stays until E >= M. A borrower's own dust liquidation, repayment or
    deposit does not put the penalty back to its start, nor the liquidator's forward."""
    auction = ("DutchPenalty", 2 * WAD // 100, 10 * WAD // 100, 7_200)
    system, account = levered(
        penalty=auction, cap_toxic=False, full_liquidation_health=0, grace=2 * WINDOW
    )
    system.price(0, 1_400 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    system.collateral(BORROWER, 0, WAD)
    system.must(BORROWER, system.stable.approve, system.core.address, MAX_UINT256)
    assert system.liquidate(account, WAD, after=3_597).event("Liquidated")["penalty"] == (
        6 * WAD // 100
    )
    system.must(BORROWER, system.core.repay, account, 1)
    system.must(BORROWER, system.core.deposit, account, system.token(), 1)
    assert system.liquidate(account, WAD, after=3_598).event("Liquidated")["penalty"] == (
        10 * WAD // 100
    )


def gifted() -> tuple[System, int]:
    """As `called`, and a stranger had given it 15 USD of bitcoin whose feed then fell silent."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 30_000 * WAD))
    account = system.account(BORROWER, [10 * WAD], 12_000 * WAD)
    system.stables(LIQUIDATOR, 10**6 * WAD)
    for person in (BORROWER, STRANGER):
        system.collateral(person, 0, 10 * WAD)
        system.collateral(person, 1, 10**9)
    system.must(STRANGER, system.core.deposit, account, system.token(1), 50_000)
    system.price(0, 1_450 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    system.price(1, 30_000 * WAD, valid=False)
    return system, account


@pytest.mark.parametrize(
    ("how", "dip"), [("deposit", 1_415), ("clear", 1_415), ("liquidate", 1_348)]
)
def test_a_gift_of_doubt__keeps_no_call_standing(how: str, dip: int) -> None:
    """Guard: cured is who is so without what has no valid price. Else the price of a pinch that a
    stranger brought need only fall silent, and who answers a call has no grace at the next."""
    system, account = gifted()
    core = system.core
    if how == "deposit":
        system.must(BORROWER, core.deposit, account, system.token(), WAD // 2)
    elif how == "liquidate":
        assert system.liquidate(account, 10**6 * WAD, after=GRACE).ok
    else:
        system.price(0, 1_500 * WAD)
        system.must(STRANGER, core.clear_margin_call, account)
    assert system.read(core.called_at, account) == 0
    system.price(0, dip * WAD)
    assert system.read(core.maintenance_buffer, account) < 0
    assert system.liquidate(account, WAD, after=2 * GRACE).reason == NOT_DUE


def test_what_has_no_valid_price__cures_nothing() -> None:
    """Guard: it counts as nothing. Else a dead token at its last price would end a call."""
    system, account = gifted()
    system.must(OWNER, system.core.set_deposit_cap, system.token(1), 10**9)
    system.must(BORROWER, system.core.deposit, account, system.token(1), 10**8)
    assert system.read(system.core.called_at, account) != 0
    clear = system.core.clear_margin_call
    system.refuses("margin: below maintenance", BORROWER, clear, account)


def test_an_auction_longer_than_its_call__is_no_configuration() -> None:
    """Guard: the gate. A call that lapses before the penalty is at its largest is called anew and
    starts again at nothing: an account that only the largest penalty sells would never go."""
    auction = ("DutchPenalty", 0, 10 * WAD // 100, 7_200)
    with pytest.raises(RuntimeError, match="config: call_window"):
        System(penalty=auction, call_window=7_199)
    system, account = levered(penalty=auction, cap_toxic=False, call_window=7_200)
    shorter = replace(system.config, call_window=7_199).values()
    system.refuses("config: call_window", OWNER, system.core.set_config, shorter)
    system.price(0, 1_450 * WAD)
    system.must(STRANGER, system.core.margin_call, account)
    outcome = system.liquidate(account, WAD, after=GRACE + 7_200)
    assert outcome.event("Liquidated")["penalty"] == 10 * WAD // 100
