"""The margin call: who may be called, until when, and what ends it (DESIGN §2 and §3).

One account of ten ether owes 12,000: below maintenance under 1,500, below close-out (15 %)
under 12,000 / 8.5 = 1,411.76...
"""

from __future__ import annotations

import pytest

from sim.units import WAD

from .system import BITCOIN, BORROWER, ETHER, STRANGER, System, levered, number, told

HOUR, DAY = 3_600, 86_400
HEALTHY, BELOW, IN_GRACE, LIQUIDATABLE, DOUBTFUL = 1, 2, 3, 4, 5
CLOSE_OUT = 12_000 * WAD * 100 // 850
NOT_LIQUIDATABLE = "margin: not liquidatable"


def status(system: System, account: int) -> int:
    return int(system.read(system.core.status, account))


def call(system: System, account: int) -> int:
    """Call the account; the time of it."""
    system.must(STRANGER, system.core.margin_call, account)
    return system.now


def may_liquidate(system: System, account: int) -> bool:
    """Whether view and transaction allow it; they agree, and nothing is kept of it."""
    start = system.snapshot()
    preview = system.read(system.core.preview_liquidate, account, system.token(), 100 * WAD)
    outcome = system.liquidate(account, 100 * WAD, after=1)
    system.restore(start)
    assert outcome.ok or outcome.reason == NOT_LIQUIDATABLE
    assert preview[0] == (status(system, account) == LIQUIDATABLE)
    return outcome.ok


def test_threshold__exact__healthy_at_it_and_below_it_one_unit_lower() -> None:
    system, account = levered()
    assert system.read(system.lens.liquidation_price, account, system.token()) == 1_500 * WAD
    system.price(0, 1_500 * WAD)
    assert status(system, account) == HEALTHY
    assert system.read(system.core.health_factor, account) == WAD
    assert system.read(system.core.maintenance_buffer, account) == 0
    reason = "margin: not below maintenance"
    system.refuses(reason, STRANGER, system.core.margin_call, account)
    system.price(0, 1_500 * WAD - 1)
    assert status(system, account) == BELOW
    assert system.read(system.core.health_factor, account) < WAD
    assert system.read(system.core.maintenance_buffer, account) == -8
    assert not may_liquidate(system, account)
    call(system, account)
    assert status(system, account) == IN_GRACE


def test_margin_call__says_when_grace_ends() -> None:
    system, account = levered()
    system.price(0, 1_450 * WAD)
    outcome = system.send(STRANGER, system.core.margin_call, account)
    assert told(outcome) == [
        (
            "MarginCalled",
            {
                "account": account,
                "caller": number(STRANGER),
                "called_at": system.now,
                "deadline": system.now + HOUR,
            },
        )
    ]
    assert system.read(system.core.called_at, account) == system.now
    system.refuses("margin: already called", STRANGER, system.core.margin_call, account)


def test_grace__last_second_protects_and_the_deadline_does_not() -> None:
    system, account = levered()
    system.price(0, 1_450 * WAD)
    called = call(system, account)
    system.wait(called + HOUR - 2 - system.now)
    # Executed one second later: at deadline - 1.
    assert not may_liquidate(system, account)
    system.wait(1)
    assert status(system, account) == IN_GRACE
    assert system.liquidate(account, 100 * WAD).ok
    assert system.now == called + HOUR


def test_call_window__last_second_counts_and_then_the_call_has_lapsed() -> None:
    system, account = levered()
    system.price(0, 1_450 * WAD)
    called = call(system, account)
    system.wait(called + HOUR + DAY - system.now)
    assert status(system, account) == LIQUIDATABLE
    assert system.read(system.core.called_at, account) == called
    system.wait(1)
    assert status(system, account) == BELOW
    assert system.read(system.core.called_at, account) == 0
    assert not may_liquidate(system, account)
    again = call(system, account)
    assert system.read(system.core.called_at, account) == again


def test_record__lapses_after_the_window_too() -> None:
    """A record below close-out counts for the penalty for a window, then starts anew."""
    system, account = levered(penalty=("DutchPenalty", 0, WAD // 100, DAY), min_left=0,
                              full_liquidation_health=0)  # fmt: skip
    system.price(0, 1_400 * WAD)
    call(system, account)
    recorded = system.now
    start = system.snapshot()
    # Then only the call is left, which is good for another hour and counts from its deadline.
    for elapsed, counted in ((DAY, DAY), (DAY + 1, DAY + 1 - HOUR)):
        system.restore(start)
        system.wait(recorded + elapsed - 1 - system.now)
        event = dict(told(system.liquidate(account, 100 * WAD)))["Liquidated"]
        assert event["penalty"] == WAD // 100 * counted // DAY


def test_close_out__below_it_at_once__at_it_not() -> None:
    system, account = levered()
    system.price(0, CLOSE_OUT + 1)
    assert not may_liquidate(system, account)
    assert status(system, account) == BELOW
    system.price(0, CLOSE_OUT)
    assert status(system, account) == LIQUIDATABLE
    assert may_liquidate(system, account)


def test_no_grace__liquidatable_below_maintenance_without_a_call() -> None:
    system, account = levered(grace=0)
    system.price(0, 1_500 * WAD)
    assert not may_liquidate(system, account)
    system.price(0, 1_500 * WAD - 1)
    assert status(system, account) == LIQUIDATABLE
    assert may_liquidate(system, account)


def test_margin_call__below_close_out_after_a_call__recorded_once() -> None:
    system, account = levered()
    system.price(0, 1_450 * WAD)
    call(system, account)
    system.price(0, 1_400 * WAD)
    outcome = system.send(STRANGER, system.core.margin_call, account)
    assert told(outcome) == []
    system.refuses("margin: already called", STRANGER, system.core.margin_call, account)
    start = system.now
    assert system.read(system.core.called_at, account) < start


@pytest.mark.parametrize(("seconds", "recorded"), [(HOUR - 1, True), (HOUR, False)])
def test_record__until_the_deadline_and_not_from_it_on(seconds: int, recorded: bool) -> None:
    """Once the call itself is due there is nothing to add to it."""
    system, account = levered()
    system.price(0, 1_450 * WAD)
    called = call(system, account)
    system.price(0, 1_400 * WAD)
    system.wait(called + seconds - 1 - system.now)
    outcome = system.send(STRANGER, system.core.margin_call, account)
    assert system.now == called + seconds
    assert outcome.ok == recorded
    assert outcome.reason == ("" if recorded else "margin: already called")


@pytest.mark.parametrize("cure", ["deposit", "repay", "borrow", "withdraw", "clear", "liquidate"])
def test_call__ends_with_whatever_cures_it(cure: str) -> None:
    system, account = levered(full_liquidation_health=0)
    system.collateral(BORROWER, 0, 10 * WAD)
    system.stables(BORROWER, 10_000 * WAD)
    system.price(0, 1_450 * WAD)
    called = call(system, account)
    core, token = system.core, system.token()
    if cure in ("borrow", "withdraw", "clear"):
        system.price(0, 2_000 * WAD)
    if cure == "deposit":
        # Cured exactly: 12,000 / 0.8 / 1,450 = 10.344827586206896552 ether; one unit less
        # is not enough.
        needed = -(-12_000 * WAD * 100 // (80 * 1_450)) - 10 * WAD
        system.must(BORROWER, core.deposit, account, token, needed - 1)
        assert system.read(core.called_at, account) == called
        outcome = system.must(BORROWER, core.deposit, account, token, 1)
    elif cure == "repay":
        # Cured exactly: D = 0.8 * 14,500 = 11,600.
        system.must(BORROWER, core.repay, account, 400 * WAD - 1)
        assert system.read(core.called_at, account) == called
        outcome = system.must(BORROWER, core.repay, account, 1)
    elif cure == "borrow":
        outcome = system.must(BORROWER, core.borrow, account, WAD, BORROWER)
    elif cure == "withdraw":
        outcome = system.must(BORROWER, core.withdraw, account, token, WAD, BORROWER)
    elif cure == "clear":
        outcome = system.must(STRANGER, core.clear_margin_call, account)
    else:
        system.wait(HOUR)
        outcome = system.liquidate(account, 5_000 * WAD)
    cleared = [values for name, values in told(outcome) if name == "MarginCallCleared"]
    assert cleared == [{"account": account}]
    assert system.read(core.called_at, account) == 0
    # And nothing of it is left: one unit below the threshold there is grace again.
    price = system.read(system.lens.liquidation_price, account, token)
    system.price(0, price - 1)
    assert status(system, account) == BELOW
    system.refuses(NOT_LIQUIDATABLE, STRANGER, core.liquidate, account, token, 1, 0, STRANGER)


def test_clear__below_maintenance__refused() -> None:
    system, account = levered()
    system.price(0, 1_450 * WAD)
    call(system, account)
    clear = system.core.clear_margin_call
    system.refuses("margin: below maintenance", STRANGER, clear, account)
    system.price(0, 1_500 * WAD, valid=False)
    system.refuses("margin: below maintenance", STRANGER, clear, account)
    system.price(0, 1_500 * WAD)
    system.must(STRANGER, clear, account)
    system.refuses("margin: not called", STRANGER, clear, account)


def test_clear__record_alone__forgotten_without_an_event() -> None:
    system, account = levered(full_liquidation_health=0)
    system.price(0, 1_400 * WAD)
    assert system.liquidate(account, 100 * WAD).ok
    system.price(0, 2_000 * WAD)
    assert told(system.send(STRANGER, system.core.clear_margin_call, account)) == []


def test_clear__lapsed_call__anyone_whatever_the_health() -> None:
    system, account = levered()
    system.price(0, 1_450 * WAD)
    called = call(system, account)
    system.wait(called + HOUR + DAY + 1 - system.now)
    outcome = system.send(STRANGER, system.core.clear_margin_call, account)
    assert told(outcome) == [("MarginCallCleared", {"account": account})]


def test_deposit__price_not_valid__leaves_the_call() -> None:
    system, account = levered()
    system.price(0, 1_450 * WAD)
    called = call(system, account)
    system.collateral(BORROWER, 0, 100 * WAD)
    system.price(0, 1_450 * WAD, valid=False)
    system.must(BORROWER, system.core.deposit, account, system.token(), 90 * WAD)
    assert system.read(system.core.called_at, account) == called
    system.price(0, 1_450 * WAD)
    system.must(BORROWER, system.core.deposit, account, system.token(), 1)
    assert system.read(system.core.called_at, account) == 0


def test_repay__all_of_it__clears_without_a_price() -> None:
    system, account = levered()
    system.stables(BORROWER, 12_000 * WAD)
    system.price(0, 1_450 * WAD)
    call(system, account)
    system.price(0, 0, valid=False)
    system.must(BORROWER, system.core.repay, account, 12_000 * WAD)
    assert system.read(system.core.called_at, account) == 0


# ---------------------------------------------------------------- prices that are not valid


def test_price_not_valid__benefit_of_the_doubt_is_twice_the_last() -> None:
    """10 ether owe 12,000 and a stale bitcoin is held too: below only when even at twice its
    last price it does not help."""
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 1_000 * WAD), grace=0)
    account = system.account(BORROWER, [10 * WAD, 10**7], 12_000 * WAD)
    system.stables(STRANGER, 10_000 * WAD)
    system.price(1, 1_000 * WAD, valid=False)
    # V = 10 p + 100; M = 2 p + 15; at best 10 p + 200: below when 8 p < 12,000 + 15 - 200.
    edge = 11_815 * WAD // 8
    system.price(0, edge)
    assert status(system, account) == DOUBTFUL
    reason = "margin: not below maintenance"
    system.refuses(reason, STRANGER, system.core.margin_call, account)
    system.price(0, edge - 1)
    assert status(system, account) == LIQUIDATABLE
    assert system.read(system.core.position, account)[5] is False
    stale = "price: not valid"
    liquidate = system.core.liquidate
    system.refuses(stale, STRANGER, liquidate, account, system.token(1), WAD, 0, STRANGER)
    system.must(STRANGER, liquidate, account, system.token(0), WAD, 0, STRANGER)


def test_no_price_at_all__may_be_worth_anything() -> None:
    system = System(assets=(ETHER, BITCOIN), prices=(2_000 * WAD, 1_000 * WAD), grace=0)
    account = system.account(BORROWER, [10 * WAD, 10**7], 12_000 * WAD)
    for valid in (False, True):
        system.price(1, 0, valid=valid)
        system.price(0, 1)
        assert status(system, account) == DOUBTFUL
        assert system.read(system.core.position, account)[5] is False


def test_stale_price__alone__still_liquidatable_when_far_below() -> None:
    """A stale price at half the threshold counts twice: exactly at it, not below it."""
    system, account = levered(grace=0)
    system.price(0, 750 * WAD, valid=False)
    # At best 15,000, debt 12,000, M = 1,500: not below.
    assert status(system, account) == DOUBTFUL
    # At best 20 p; below when 20 p < 12,000 + 2 p.
    edge = -(-12_000 * WAD // 18)
    system.price(0, edge, valid=False)
    assert status(system, account) == DOUBTFUL
    system.price(0, edge - 1, valid=False)
    assert status(system, account) == LIQUIDATABLE
