"""Borrowing against a price that is gone: when it pays, in which steps, up to what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.attacker import StaleBorrower
from agents.intent import Bid, Borrow, Deposit, Intent, Open, Swap
from agents.market import Pool
from agents.view import View
from tests.agents.views import ADDRESS, WAD, market, position, sent, someone, view, wallet

POOL = Pool(collateral=100_000 * WAD, stable=10_000_000 * WAD, fee=0.003)
"""At 100 USD. The oracle still says 200, and lends 60 % of it: 120."""
STALE = market(prices=(100.0,), pools=(POOL,))
ACCOUNT = position(10.0, 1_100.0)


def borrower() -> StaleBorrower:
    return StaleBorrower(someone(), "stale-borrower-0", ADDRESS)


def decided(**changes: object) -> list[Intent]:
    return list(borrower().decide(view(**{"market": STALE, "positions": (ACCOUNT,), **changes})))


def test_stirs__only_where_a_unit_lends_more_than_it_costs() -> None:
    agent = borrower()
    assert agent.stirs(STALE, None)
    assert not agent.stirs(market(), None)
    assert not agent.stirs(replace(STALE, oracle=(166 * WAD,)), None)  # 99.6 < 100.3
    assert agent.stirs(replace(STALE, oracle=(168 * WAD,)), None)  # 100.8 > 100.3


@pytest.mark.parametrize(
    "change", [{"oracle_valid": (False,)}, {"paused": 1}, {"pools": (None,)}], ids=str
)
def test_decide__nothing_to_be_had__does_nothing(change: dict[str, object]) -> None:
    assert not decided(market=replace(STALE, **change), wallet=wallet(stable=1e6))


def test_decide__no_account__opens_one() -> None:
    (intent,) = decided(positions=(), wallet=wallet(stable=1e6))
    assert isinstance(intent, Open)


def test_decide__stable__buys_until_the_last_unit_costs_what_it_lends() -> None:
    (swap,) = decided(wallet=wallet(stable=1e9))
    assert isinstance(swap, Swap)
    assert swap.sell_stable
    bought = POOL.quote(True, swap.amount_in)
    after = Pool(POOL.collateral - bought, POOL.stable + swap.amount_in, POOL.fee)
    assert after.price(sell_stable=True) == pytest.approx(120, rel=1e-3)
    assert bought * 0.998 == pytest.approx(swap.min_out, rel=1e-9)
    (all_of_it,) = decided(wallet=wallet(stable=5_000))
    assert isinstance(all_of_it, Swap)
    assert all_of_it.amount_in == 5_000 * WAD


def test_decide__tokens__deposits_them_and_borrows_what_they_and_the_account_allow() -> None:
    """10 lend 1,200, of which 1,100 are drawn; 5 more lend 600: 700, less a thousandth."""
    deposit, borrow = decided(wallet=wallet(stable=1e6, tokens=(5,)))
    assert isinstance(deposit, Deposit)
    assert isinstance(borrow, Borrow)
    assert (deposit.account, deposit.amount) == (1, 5 * WAD)
    assert borrow.amount == pytest.approx(699.3 * WAD, rel=1e-9)


def test_decide__too_little_to_borrow__only_deposits() -> None:
    (deposit,) = decided(
        positions=(position(10.0, 1_199.0),), wallet=wallet(stable=1e6, tokens=(0.1,))
    )
    assert isinstance(deposit, Deposit)


def test_decide__a_step_on_its_way__waits() -> None:
    waiting: View = view(
        market=STALE, wallet=wallet(stable=1e6), pending=sent(Open(bid=Bid(tip=1, max_fee=2)))
    )
    assert not borrower().decide(waiting)
