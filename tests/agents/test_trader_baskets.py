"""Traders of several collaterals, in one account or one each, and of a stable with a price."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.intent import Borrow, Deposit, Intent, Open, Repay, Swap, Withdraw
from agents.market import Market, Peg, Pool
from agents.trader import Trader
from agents.view import Occasion, Position, View
from tests.agents.test_trader import HABITS
from tests.agents.views import (
    ADDRESS,
    BTC,
    ETH,
    MARKET,
    POOL,
    TERMS,
    WAD,
    sent,
    someone,
    view,
    wallet,
)

SATS = 10**8
TWO = replace(
    MARKET,
    terms=replace(TERMS, assets=(ETH, BTC)),
    prices=(200.0, 5_000.0),
    oracle=(200 * WAD, 5_000 * WAD),
    oracle_valid=(True, True),
    pools=(POOL, Pool(collateral=4_000 * SATS, stable=20_000_000 * WAD, fee=0.003)),
)


def basket(isolated: bool = False, **habits: Any) -> Trader:
    chosen = replace(HABITS, further=(1,), isolated=isolated, **habits)
    return Trader(someone(), "trader-0", ADDRESS, chosen)


def account(number: int, eth: float, btc: float, debt: float) -> Position:
    value = int((eth * 200 + btc * 5_000) * WAD)
    return Position(
        account=number,
        amounts=(int(eth * WAD), int(btc * SATS)),
        collateral=value,
        debt=int(debt * WAD),
        initial=value * 4 // 10,
        maintenance=value * 3 // 10,
        valid=True,
        called_at=0,
    )


def woken(occasion: Occasion, *own: Position, market: Market = TWO, **changes: Any) -> View:
    return view(occasion=occasion, positions=own, market=market, **changes)


def of(kind: type[Intent], intents: Any) -> list[Any]:
    return [intent for intent in intents if isinstance(intent, kind)]


# ------------------------------------------------------------- several collaterals


@pytest.mark.parametrize(("isolated", "accounts"), [(False, 1), (True, 2)])
def test_arrive__opens_as_many_accounts_as_it_keeps(isolated: bool, accounts: int) -> None:
    rich = wallet(tokens=(5, 1))
    opens = basket(isolated).decide(woken(Occasion.SCHEDULE, wallet=rich))
    assert [type(intent) for intent in opens] == [Open] * accounts


def test_arrive__one_of_two_accounts_is_there__opens_the_other() -> None:
    half = woken(Occasion.SETTLED, account(7, 0, 0, 0), wallet=wallet(tokens=(5, 1)))
    assert [type(intent) for intent in basket(True).decide(half)] == [Open]


@pytest.mark.parametrize(("isolated", "places"), [(False, [7, 7]), (True, [7, 8])])
def test_follow_up__puts_each_collateral_where_it_belongs(
    isolated: bool, places: list[int]
) -> None:
    own = [account(7, 0, 0, 0), account(8, 0, 0, 0)][: 2 if isolated else 1]
    settled = woken(Occasion.SETTLED, *own, wallet=wallet(tokens=(5, 1e-10)))
    deposits = basket(isolated).decide(settled)
    assert [(d.account, d.asset, d.amount) for d in of(Deposit, deposits)] == [
        (places[0], 0, 5 * WAD),
        (places[1], 1, SATS),
    ]


def test_lever_up__buys_in_proportion_all_that_is_borrowed() -> None:
    """Value 3 to 1, equity 2,000 at a leverage of 1: to 2 it borrows 2,000."""
    own = account(1, 7.5, 0.1, 0)
    wishes = basket(adjustments=((0.0, 1.0),))
    (borrow,) = wishes.decide(woken(Occasion.SCHEDULE, own))
    assert isinstance(borrow, Borrow)
    swaps = wishes.decide(woken(Occasion.SETTLED, own, settled=(borrow,)))
    paid = {swap.pool: swap.amount_in for swap in of(Swap, swaps)}
    assert sum(paid.values()) == borrow.amount
    assert paid[0] == pytest.approx(3 * paid[1], rel=1e-12)


def test_lever_down__sells_the_same_part_of_each() -> None:
    own = account(1, 7.5, 0.1, 800)
    wary = basket(adjustments=((0.0, 0.3),))
    intents = wary.decide(woken(Occasion.SCHEDULE, own))
    out = {w.asset: w.amount for w in of(Withdraw, intents)}
    assert out[0] / (7.5 * WAD) == pytest.approx(out[1] / (0.1 * SATS), rel=1e-6)
    sales = wary.decide(woken(Occasion.SETTLED, own, settled=tuple(intents)))
    assert [s.amount_in for s in of(Swap, sales)] == [out[0], out[1]]


def test_lever_down__a_collateral_without_a_pool__leaves_all() -> None:
    own = account(1, 7.5, 0.1, 800)
    market = replace(TWO, pools=(POOL, None))
    wishes = basket(adjustments=((0.0, 0.3),))
    assert wishes.decide(woken(Occasion.SCHEDULE, own, market=market)) == []


def test_isolated__both_accounts_in_need__share_the_funds() -> None:
    """1,000 of funds: the first takes what it needs, the second what is left of it."""
    own = account(7, 10, 0, 1_390), account(8, 0, 0.4, 1_390)
    rich = wallet(stable=150, tokens=(0, 0))
    found = of(Repay, basket(True, alarm=1.2).decide(woken(Occasion.ALERT, *own, wallet=rich)))
    assert [repay.account for repay in found] == [7, 8]
    assert sum(repay.amount for repay in found) == 150 * WAD


def test_isolated__sold_collateral__repays_the_account_closest_to_its_threshold() -> None:
    own = account(7, 10, 0, 500), account(8, 0, 0.4, 900)
    settled = woken(Occasion.SETTLED, *own, wallet=wallet(stable=100, tokens=(0, 0)))
    (repay,) = basket(True).decide(settled)
    assert isinstance(repay, Repay)
    assert (repay.account, repay.amount) == (8, 100 * WAD)


def test_decide__something_pending__waits() -> None:
    waiting = replace(
        woken(Occasion.ALERT, account(1, 5, 0.1, 1_200)), pending=sent(Open(bid=None))
    )  # type: ignore[arg-type]
    assert basket().decide(waiting) == ()


# ------------------------------------------------------- a stable that has a price


def priced(usd: float, rate: float = 0.02) -> Market:
    """A look is due now; the coin is a dollar."""
    pool = Pool(collateral=int(10**6 * 10**6 * usd), stable=10**6 * WAD, fee=0.0005)
    peg = Peg(pool=pool, coin_unit=10**6, coin_usd=1.0, fee=0.0, redeemable=0, mintable=0)
    return replace(TWO, peg=peg, rate=rate, time=60.0)


def minding(**habits: Any) -> Trader:
    usual: dict[str, Any] = {"looks": (60.0,), "bargain": 0.03, "rate_limit": 0.15, "leverage": 1.6}
    return basket(**{**usual, **habits})


OWN = account(1, 7.5, 0.1, 600)
"""Equity 1,400, leverage 1.43."""


def net(intents: Any) -> float:
    """USD of collateral sold less stable borrowed."""
    sold = sum(
        w.amount / (WAD / 200 if w.asset == 0 else SATS / 5_000) for w in of(Withdraw, intents)
    )
    return sold - sum(b.amount for b in of(Borrow, intents)) / WAD


@pytest.mark.parametrize(
    ("usd", "rate", "worth"),
    [
        (0.98, 0.02, 0.0),
        (0.96, 0.02, 300.0),  # half of what it owes
        (1.0, 0.16, 300.0),
        (1.02, 0.02, 0.0),
        (1.04, 0.02, -300.0),  # half as much again; its initial margin leaves room for 588
        (1.04, 0.16, 300.0),  # dear interest decides
    ],
)
def test_weigh__by_the_price_of_the_stable_and_of_debt(
    usd: float, rate: float, worth: float
) -> None:
    market = priced(usd, rate)
    intents = minding().decide(woken(Occasion.SCHEDULE, OWN, market=market))
    assert net(intents) == pytest.approx(worth, rel=1e-6)


def test_weigh__never_more_than_half_above_its_leverage() -> None:
    intents = minding(leverage=1.3).decide(woken(Occasion.SCHEDULE, OWN, market=priced(1.10)))
    assert net(intents) == pytest.approx(-(1.45 * 1_400 - 2_000), rel=1e-6)


@pytest.mark.parametrize("time", [59.0, 48.0, 72.0, 30.0])
def test_weigh__only_in_the_block_of_a_look(time: float) -> None:
    """A block of 12 s covers the times after the last up to its own."""
    market = replace(priced(0.9), time=time)
    asked = minding().decide(woken(Occasion.SCHEDULE, OWN, market=market))
    assert bool(asked) == (60.0 <= time < 72.0)


def test_adjust__interest_dear__does_not_lever_up() -> None:
    wishes = minding(adjustments=((0.0, 1.2),), looks=())
    for rate, levers in ((0.14, True), (0.16, False)):
        asked = woken(Occasion.SCHEDULE, OWN, market=priced(1.0, rate))
        assert bool(wishes.decide(asked)) == levers


def test_looks__are_times_to_wake_it() -> None:
    wishes = minding(looks=(60.0, 90.0), adjustments=((30.0, 1.0),), arrival=10.0)
    assert sorted(wishes.wake_times()) == [10.0, 30.0, 60.0, 90.0]


def test_weigh__no_equity__leaves_it() -> None:
    lost = replace(OWN, debt=3_000 * WAD)
    assert minding().decide(woken(Occasion.SCHEDULE, lost, market=priced(0.9))) == []
