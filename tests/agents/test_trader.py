"""What a trader does when it is woken, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.intent import Bid, Borrow, Deposit, Intent, Open, Repay, Swap, Withdraw
from agents.trader import BUILD_SECONDS, CURED, Habits, Trader
from agents.view import Occasion, Position, View
from tests.agents.views import (
    ADDRESS,
    GWEI,
    MARKET,
    WAD,
    market,
    position,
    sent,
    someone,
    view,
    wallet,
)

HABITS = Habits(
    asset=0,
    leverage=2.0,
    funds=0,
    arrival=0.0,
    alarm=1.05,
    stop_loss=0.0,
    delays=(600.0, 60.0),
    adjustments=(),
    tip=2 * GWEI,
    headroom=2.0,
)


def trader(**habits: Any) -> Trader:
    return Trader(someone(), "trader-0", ADDRESS, replace(HABITS, **habits))


def woken(occasion: Occasion, own: Position | None = None, **changes: Any) -> View:
    return view(occasion=occasion, positions=(own,) if own else (), **changes)


def health_after(own: Position, repaid: int) -> float:
    return (own.collateral - own.maintenance) / (own.debt - repaid)


def levers_up(intents: Any) -> int:
    """The amount borrowed, and nothing else before that is done."""
    (borrow,) = intents
    assert isinstance(borrow, Borrow)
    return borrow.amount


def levers_down(intents: Any) -> int:
    """The collateral withdrawn, and nothing else before that is done."""
    (withdraw,) = intents
    assert isinstance(withdraw, Withdraw)
    return withdraw.amount


# ------------------------------------------------------------------------ arriving


def test_arrive__before_its_time__waits() -> None:
    late = trader(arrival=3_600.0)
    assert not late.decide(woken(Occasion.SCHEDULE, wallet=wallet(tokens=(5,))))


def test_arrive__at_its_time__opens_an_account() -> None:
    late = trader(arrival=3_600.0)
    seen = woken(Occasion.SCHEDULE, wallet=wallet(tokens=(5,)), market=market(time=3_600.0))
    (intent,) = late.decide(seen)
    assert isinstance(intent, Open)


def test_arrive__without_collateral__does_not_come() -> None:
    late = trader(arrival=3_600.0)
    assert not late.decide(woken(Occasion.SCHEDULE, market=market(time=3_600.0)))


def test_wake_times__are_the_arrival_and_its_changes_of_mind() -> None:
    late = trader(arrival=50.0, adjustments=((900.0, 0.5), (1_800.0, 1.1)))
    assert list(late.wake_times()) == [50.0, 900.0, 1_800.0]
    there = trader(adjustments=((900.0, 0.5),))
    assert list(there.wake_times()) == [900.0]


def test_settled__collateral_in_the_wallet__is_deposited_whole() -> None:
    late = trader(arrival=10.0)
    own = position(0, 0)
    (intent,) = late.decide(woken(Occasion.SETTLED, own, wallet=wallet(tokens=(5.25,))))
    assert intent == Deposit(bid=intent.bid, account=1, asset=0, amount=5_250_000_000_000_000_000)


def test_settled__newcomer_below_its_leverage__borrows_and_buys() -> None:
    late = trader(arrival=10.0, leverage=1.5)
    own = position(10, 0)
    amount = levers_up(late.decide(woken(Occasion.SETTLED, own)))
    assert amount == own.equity // 2


def test_settled__newcomer_wanting_more_than_is_allowed__stays_inside_initial() -> None:
    """Borrowing needs E >= I after it: D may rise by V - I - D at most."""
    late = trader(arrival=10.0, leverage=5.0)
    own = position(10, 500)
    amount = levers_up(late.decide(woken(Occasion.SETTLED, own)))
    room = own.collateral - own.initial - own.debt
    assert 0.9 * room < amount < room


def test_settled__newcomer_at_its_leverage__rests() -> None:
    late = trader(arrival=10.0, leverage=1.5)
    assert not late.decide(woken(Occasion.SETTLED, position(15, 1_000)))


def test_settled__after_the_time_to_build__borrows_no_more() -> None:
    late = trader(arrival=10.0)
    seen = woken(Occasion.SETTLED, position(10, 0), market=market(time=10.1 + BUILD_SECONDS))
    assert not late.decide(seen)


def test_settled__there_from_the_start__does_not_build() -> None:
    assert not trader().decide(woken(Occasion.SETTLED, position(10, 200)))


def test_settled__first_loan_below_the_least_debt__is_not_asked_for() -> None:
    late = trader(arrival=10.0, leverage=1.04)
    assert not late.decide(woken(Occasion.SETTLED, position(10, 0)))


# ------------------------------------------------------------- its own adjustments


def adjusting(factor: float, **habits: Any) -> Trader:
    return trader(adjustments=((5.0, factor),), **habits)


def test_adjust__higher_leverage_wanted__borrows_and_buys_toward_it() -> None:
    own = position(15, 1_000)  # V/E = 1.5, wanted 1.8.
    amount = levers_up(adjusting(0.8).decide(woken(Occasion.SCHEDULE, own)))
    assert amount == pytest.approx(1.8 * own.equity - own.collateral, rel=1e-12)


def test_adjust__lower_leverage_wanted__withdraws_and_sells_toward_it() -> None:
    own = position(20, 2_000)  # V/E = 2, wanted 1.8; E stays, so V is to fall to 1.8 E.
    amount = levers_down(adjusting(0.8).decide(woken(Occasion.SCHEDULE, own)))
    assert amount * 200 == pytest.approx(0.2 * own.equity, rel=1e-12)


def test_adjust__far_down_at_once__keeps_the_initial_requirement_on_the_way() -> None:
    """Collateral leaves before the debt is repaid: E - w >= i (V - w) at that moment."""
    own = position(20, 2_200)
    worth = levers_down(adjusting(0.0).decide(woken(Occasion.SCHEDULE, own))) * 200
    assert own.equity - worth >= 0.4 * (own.collateral - worth)
    assert own.equity - 1.05 * worth < 0.4 * (own.collateral - 1.05 * worth)


def test_adjust__no_room_above_initial__stays_where_it_is() -> None:
    assert not adjusting(0.5).decide(woken(Occasion.SCHEDULE, position(20, 2_400)))


def test_adjust__last_factor_whose_time_has_come__counts() -> None:
    fickle = trader(adjustments=((5.0, 0.1), (10.0, 1.0), (99.0, 0.2)))
    own = position(20, 2_000)
    assert not fickle.decide(woken(Occasion.SCHEDULE, own))
    assert levers_down(fickle.decide(woken(Occasion.SCHEDULE, own, market=market(time=99.0))))


def test_adjust__insolvent__does_nothing() -> None:
    for factor in (0.1, 1.0, 1.2):
        assert not adjusting(factor).decide(woken(Occasion.SCHEDULE, position(10, 2_001)))


@pytest.mark.parametrize("factor", [0.5, 1.2])
def test_adjust__no_valid_price__neither_borrows_nor_withdraws(factor: float) -> None:
    """Both would revert: the core wants a valid price for them."""
    own = position(18, 1_600, valid=False)
    assert not adjusting(factor).decide(woken(Occasion.SCHEDULE, own))


@pytest.mark.parametrize("factor", [0.5, 1.2])
def test_adjust__no_pool__cannot_trade(factor: float) -> None:
    seen = woken(Occasion.SCHEDULE, position(18, 1_600), market=market(pools=(None,)))
    assert not adjusting(factor).decide(seen)


# ------------------------------------------------------------------ margin calls


NEAR = position(10, 1_390)
"""Health 1400/1390, just above the threshold."""
BELOW = position(10, 1_420)
"""Health 1400/1420: 20 USD are missing to the threshold."""


def test_alert__ample_funds__repays_to_cured_health() -> None:
    (intent,) = trader().decide(woken(Occasion.ALERT, BELOW, wallet=wallet(stable=5_000)))
    assert isinstance(intent, Repay)
    assert health_after(BELOW, intent.amount) == pytest.approx(CURED, rel=1e-12)
    assert health_after(BELOW, intent.amount) >= CURED


def test_alert__near_the_threshold__repays_before_it_is_called() -> None:
    (intent,) = trader().decide(woken(Occasion.ALERT, NEAR, wallet=wallet(stable=5_000)))
    assert isinstance(intent, Repay)
    assert health_after(NEAR, intent.amount) >= CURED


def test_alert__funds_that_still_save_the_account__all_are_paid() -> None:
    (intent,) = trader().decide(woken(Occasion.ALERT, BELOW, wallet=wallet(stable=25)))
    assert isinstance(intent, Repay)
    assert intent.amount == 25 * WAD
    assert 1 < health_after(BELOW, intent.amount) < CURED


def test_alert__funds_that_cannot_save_the_account__are_kept() -> None:
    """It walks away: what it would pay, the liquidation would take with the rest."""
    assert not trader().decide(woken(Occasion.ALERT, BELOW, wallet=wallet(stable=19)))
    assert not trader().decide(woken(Occasion.ALERT, BELOW, wallet=wallet(stable=0)))


def test_alert__recovered_meanwhile__does_nothing() -> None:
    well = position(10, 1_000)
    assert not trader().decide(woken(Occasion.ALERT, well, wallet=wallet(stable=5_000)))


def test_alert__debt_gone_meanwhile__does_nothing() -> None:
    free = position(10, 0)
    assert not trader(stop_loss=1.2).decide(woken(Occasion.ALERT, free, wallet=wallet(5_000)))


def test_alert__stale_price__may_still_repay() -> None:
    stale = replace(BELOW, valid=False)
    (intent,) = trader().decide(woken(Occasion.ALERT, stale, wallet=wallet(stable=5_000)))
    assert isinstance(intent, Repay)


def test_stop_loss__below_it_with_room__sells_instead_of_paying() -> None:
    own = position(10, 1_180)  # Health 1.186, V/E 2.44, E above I.
    careful = trader(stop_loss=1.2, leverage=2.0)
    amount = levers_down(careful.decide(woken(Occasion.ALERT, own, wallet=wallet(5_000))))
    assert 0 < amount < own.amounts[0]


def test_stop_loss__no_room_above_initial__pays_from_funds() -> None:
    careful = trader(stop_loss=1.2)
    (intent,) = careful.decide(woken(Occasion.ALERT, BELOW, wallet=wallet(stable=5_000)))
    assert isinstance(intent, Repay)


def test_stop_loss__between_alarm_and_stop__does_not_touch_its_funds() -> None:
    own = position(10, 1_250)  # Health 1.12, E below I: nothing can be withdrawn.
    careful = trader(stop_loss=1.2, alarm=1.05)
    assert not careful.decide(woken(Occasion.ALERT, own, wallet=wallet(stable=5_000)))


def test_alert_health__is_the_higher_of_alarm_and_stop_loss() -> None:
    assert trader(alarm=1.05, stop_loss=0.0).alert_health() == 1.05
    assert trader(alarm=1.05, stop_loss=1.2).alert_health() == 1.2


def test_answer_delay__last_one_repeats() -> None:
    assert [trader().answer_delay(k) for k in range(4)] == [600.0, 60.0, 60.0, 60.0]


# -------------------------------------------------------------- after its own trades


def test_settled__proceeds_of_a_sale__repay_and_leave_the_funds_aside() -> None:
    saver = trader(funds=300 * WAD)
    own = position(10, 1_000)
    (intent,) = saver.decide(woken(Occasion.SETTLED, own, wallet=wallet(stable=750)))
    assert intent == Repay(bid=intent.bid, account=1, amount=450 * WAD)


def test_settled__only_the_funds_left__are_kept() -> None:
    saver = trader(funds=300 * WAD)
    assert not saver.decide(woken(Occasion.SETTLED, position(10, 1_000), wallet=wallet(300)))


def test_settled__no_debt_to_pay__keeps_the_proceeds() -> None:
    assert not trader().decide(woken(Occasion.SETTLED, position(10, 0), wallet=wallet(750)))


# -------------------------------------------------------------------- what it bids


@pytest.mark.parametrize("occasion", list(Occasion))
def test_any_occasion__with_transactions_pending__sends_nothing(occasion: Occasion) -> None:
    waiting: tuple[Intent, ...] = (Repay(bid=Bid(tip=1, max_fee=2), account=1, amount=1),)
    busy = trader(stop_loss=1.2, arrival=1.0, adjustments=((5.0, 0.5),))
    seen = woken(occasion, BELOW, wallet=wallet(5_000, (5,)), pending=sent(*waiting))
    assert not busy.decide(seen)


def test_bid__follows_the_base_fee_and_a_full_block() -> None:
    (calm,) = trader().decide(woken(Occasion.ALERT, BELOW, wallet=wallet(5_000)))
    assert calm.bid == Bid(tip=2 * GWEI, max_fee=26 * GWEI)
    crowded = replace(MARKET, base_fee=100 * GWEI, tip_needed=40 * GWEI)
    (spike,) = trader().decide(woken(Occasion.ALERT, BELOW, wallet=wallet(5_000), market=crowded))
    assert spike.bid == Bid(tip=45 * GWEI, max_fee=245 * GWEI)


BORROWED = Borrow(bid=Bid(1, 2), account=1, amount=1_000 * WAD)
WITHDRAWN = Withdraw(bid=Bid(1, 2), account=1, asset=0, amount=5 * WAD)


def test_settled__loan_is_there__all_of_it_buys_collateral_and_no_more() -> None:
    """Whatever it keeps aside is not touched."""
    saver = trader(funds=300 * WAD)
    seen = woken(Occasion.SETTLED, position(15, 2_000), wallet=wallet(1_300), settled=(BORROWED,))
    (swap,) = saver.decide(seen)
    assert isinstance(swap, Swap)
    assert (swap.sell_stable, swap.amount_in) == (True, 1_000 * WAD)


def test_settled__loan_failed__funds_buy_nothing() -> None:
    """A loan that reverts is not among what succeeded: nothing is bought with its own money."""
    saver = trader(funds=3_000 * WAD)
    assert not saver.decide(woken(Occasion.SETTLED, position(15, 1_000), wallet=wallet(3_000)))


def test_settled__withdrawn__is_sold_and_not_put_back() -> None:
    seen = woken(
        Occasion.SETTLED, position(15, 2_000), wallet=wallet(0, (5,)), settled=(WITHDRAWN,)
    )
    (swap,) = trader().decide(seen)
    assert isinstance(swap, Swap)
    assert (swap.sell_stable, swap.amount_in) == (False, 5 * WAD)


def test_swap__accepts_at_most_three_percent_below_the_quote() -> None:
    seen = woken(Occasion.SETTLED, position(15, 2_000), settled=(BORROWED,))
    (swap,) = trader().decide(seen)
    assert isinstance(swap, Swap)
    quoted = MARKET.pools[0].quote(True, swap.amount_in) if MARKET.pools[0] else 0
    assert 0.97 * quoted - 1_000 <= swap.min_out <= 0.97 * quoted + 1_000


def test_sale__accepts_at_most_three_percent_below_the_quote() -> None:
    (swap,) = trader().decide(woken(Occasion.SETTLED, position(20, 2_000), settled=(WITHDRAWN,)))
    assert isinstance(swap, Swap)
    quoted = MARKET.pools[0].quote(False, swap.amount_in) if MARKET.pools[0] else 0
    assert swap.min_out == pytest.approx(0.97 * quoted, rel=1e-12)


def test_scheduled__with_an_account_and_no_change_of_mind__does_nothing() -> None:
    """A late trader's own arrival, when something was opened for it before."""
    late = trader(arrival=10.0, adjustments=((900.0, 0.5),))
    assert not late.decide(woken(Occasion.SCHEDULE, position(10, 1_000)))


def test_building__ends_two_hours_after_the_arrival() -> None:
    late = trader(arrival=1_000.0)
    own = position(10, 0)
    last = market(time=1_000.0 + BUILD_SECONDS - 1)
    assert late.decide(woken(Occasion.SETTLED, own, market=last))
    over = market(time=1_000.0 + BUILD_SECONDS)
    assert not late.decide(woken(Occasion.SETTLED, own, market=over))


@pytest.mark.parametrize(("paused", "levers"), [(0, True), (1, False), (2, True), (3, False)])
def test_lever_up__borrowing_paused__is_not_tried(paused: int, levers: bool) -> None:
    adjusting = trader(adjustments=((0.0, 1.5),))
    seen = woken(Occasion.SCHEDULE, position(10, 500), market=market(paused=paused))
    assert bool(adjusting.decide(seen)) is levers


@pytest.mark.parametrize(("utilisation", "levers"), [(0.0, True), (0.98, True), (0.999, False)])
def test_lever_up__nothing_left_to_borrow__is_not_tried(utilisation: float, levers: bool) -> None:
    late = trader(adjustments=((0.0, 2.0),))
    seen = woken(Occasion.SCHEDULE, position(10, 500), market=market(utilisation=utilisation))
    assert bool(late.decide(seen)) is levers
