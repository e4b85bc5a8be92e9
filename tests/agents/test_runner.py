"""A trader who runs: repay, withdraw what is free, sell, repay, and out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.intent import Deposit, Repay, Swap, Withdraw
from agents.market import Pool
from agents.runner import AGAIN, PATIENCE, Runner
from agents.trader import Trader
from agents.view import Occasion, View
from tests.agents.test_trader import HABITS
from tests.agents.views import ADDRESS, MARKET, WAD, market, position, sent, someone, view, wallet

RUNS = 3_600.0
OWN = position(collateral=100, debt=8_000)
"""20,000 USD of ETH; 8,000 must stay as equity, 4,000 are free."""


def runner() -> Runner:
    return Runner(someone(), "trader-0", ADDRESS, replace(HABITS, funds=500 * WAD), runs=RUNS)


def running(own: Any = OWN, **changes: Any) -> View:
    usual = {"occasion": Occasion.SCHEDULE, "market": market(time=RUNS), "positions": (own,)}
    return view(**{**usual, **changes})


def test_before_it_runs__is_the_trader_it_was():
    early = running(market=market(time=RUNS - 1), occasion=Occasion.ALERT)
    same = Trader(someone(), "trader-0", ADDRESS, replace(HABITS, funds=500 * WAD))
    assert runner().decide(early) == same.decide(early)
    assert set(same.wake_times()) <= set(runner().wake_times())


def test_wakes__at_its_time_and_again():
    times = list(runner().wake_times())
    assert times[:2] == [RUNS, RUNS + AGAIN]


def test_money_in_hand__repays_all_of_it():
    (repay,) = runner().decide(running(wallet=wallet(stable=700)))
    assert repay == Repay(bid=repay.bid, account=1, amount=700 * WAD)


def test_money_for_all_of_it__repays_whole_with_room_for_interest():
    (repay,) = runner().decide(running(wallet=wallet(stable=50_000)))
    assert 8_000 * WAD < repay.amount < 8_010 * WAD


def test_no_money__withdraws_what_the_initial_requirement_lets_it():
    """w ≤ (E − I)/(1 − i) = (12,000 − 8,000)/0.6, of which 98 %."""
    (taken,) = runner().decide(running())
    assert isinstance(taken, Withdraw)
    assert taken.amount * 200 / WAD == pytest.approx(4_000 / 0.6 * 0.98)


def test_pool_too_small__withdraws_no_more_than_it_takes_near_the_price_outside():
    shallow = Pool(100 * WAD, 20_000 * WAD, 0.003)
    (taken,) = runner().decide(running(market=market(time=RUNS, pools=(shallow,))))
    assert taken.amount == pytest.approx(shallow.room(False, 200 * (1 - PATIENCE)), rel=1e-9)


def test_pool_already_too_cheap__waits():
    cheap = Pool(100 * WAD, 19_000 * WAD, 0.003)
    assert runner().decide(running(market=market(time=RUNS, pools=(cheap,)))) == []


@pytest.mark.parametrize(
    "held_up",
    [
        {"market": replace(MARKET, time=RUNS, paused=2)},
        {"positions": (replace(OWN, valid=False),)},
        {"positions": (position(collateral=100, debt=12_500),)},
    ],
)
def test_held_up__paused_or_no_price_or_no_room__does_nothing(held_up):
    assert runner().decide(running(**held_up)) == []


def test_something_on_its_way__waits():
    waiting = Withdraw(bid=None, account=1, asset=0, amount=1)
    assert runner().decide(running(pending=sent(waiting))) == ()


def test_collateral_in_hand__sells_it_and_does_not_put_it_back():
    settled = running(occasion=Occasion.SETTLED, wallet=wallet(tokens=(10,)))
    (sale,) = runner().decide(settled)
    assert isinstance(sale, Swap)
    assert (sale.sell_stable, sale.amount_in) == (False, 10 * WAD)


def test_sold__repays():
    (repay,) = runner().decide(running(occasion=Occasion.SETTLED, wallet=wallet(stable=1_990)))
    assert isinstance(repay, Repay)
    assert repay.amount == 1_990 * WAD


def test_nothing_owed__takes_out_all_that_is_left():
    free = position(collateral=40, debt=0)
    for occasion in (Occasion.SCHEDULE, Occasion.SETTLED):
        (taken,) = runner().decide(running(own=free, occasion=occasion))
        assert taken == Withdraw(bid=taken.bid, account=1, asset=0, amount=40 * WAD)


def test_out__keeps_what_it_has():
    gone = position(collateral=0, debt=0)
    settled = running(own=gone, occasion=Occasion.SETTLED, wallet=wallet(stable=5, tokens=(40,)))
    found = runner().decide(settled)
    assert not any(isinstance(intent, Deposit | Swap) for intent in found)
    assert list(found) == []
